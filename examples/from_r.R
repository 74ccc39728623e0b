# A schedule in R, through reticulate. From the directory above this one, with the R packages reticulate and jsonlite:
#
#   python3 -m venv .venv-r && .venv-r/bin/pip install 'numpy<2' .
#   RETICULATE_PYTHON=.venv-r/bin/python Rscript examples/from_r.R
#
# The 'numpy<2' is for a reticulate older than 1.38, such as that of Debian 12, which does not understand NumPy 2.

library(jsonlite)
library(reticulate)

learnrate <- import("learnrate")

# The arguments are those of keras3's learning_rate_schedule_cosine_decay(). A count may be 1000 or 1000L.
schedule <- learnrate$CosineDecay(
  initial_learning_rate = 0,
  decay_steps = 1000,
  alpha = 0.01,
  warmup_target = 0.1, # NULL, the default: no warmup
  warmup_steps = 1000
)
print(schedule)
stopifnot(learnrate$CosineDecay(0.1, 1000, warmup_target = NULL) == learnrate$CosineDecay(0.1, 1000L))


## Steps in, rates out ------------------------------------------------------------------------------------------------

# One step gives one number. To R a vector of length 1 is the same thing.
stopifnot(identical(schedule(500), 0.05), identical(schedule(500L), 0.05), identical(schedule(c(500)), 0.05))

# A vector gives a numeric array of one dimension, which as.vector() drops.
rates <- schedule(0:10)
stopifnot(is.numeric(rates), identical(dim(rates), 11L))
stopifnot(identical(as.vector(rates), vapply(0:10, schedule, numeric(1))))

# Half a step counts half, and no steps give no rates.
stopifnot(identical(as.vector(schedule(c(0, 0.5, 1))), c(0, 0.00005, 0.0001)))
stopifnot(identical(as.vector(schedule(numeric(0))), numeric(0)))

# A matrix or array keeps its shape, also of length 1. With many steps array(steps) is some 10 times faster than steps.
steps <- matrix(c(0, 500, 1000, 1500, 2000, 2500), nrow = 2)
stopifnot(identical(schedule(steps), matrix(schedule(as.vector(steps)), nrow = 2)))
stopifnot(identical(schedule(array(500)), array(0.05)))

print(data.frame(step = as.vector(steps), rate = as.vector(schedule(steps))), row.names = FALSE)


## Counts above .Machine$integer.max ----------------------------------------------------------------------------------

# Write them as doubles. What Python calls an int comes back as an R integer, and such a one comes back wrong, without a
# warning: gpt3$decay_steps, gpt3$total_steps, gpt3$get_config(). In to_json() it is right.
gpt3 <- learnrate$deserialize(read_json("examples/gpt3-175b.json"))
config <- fromJSON(gpt3$to_json(), simplifyVector = FALSE)$config
stopifnot(config$decay_steps == 259625e6, gpt3(config$warmup_steps + config$decay_steps / 2) == 3.3e-05)
stopifnot(learnrate$CosineDecay(0.1, decay_steps = 2^40)(2^39) == 0.05)


## JSON: Keras's, to the last bit -------------------------------------------------------------------------------------

# From Python to R and back. With simplifyVector = FALSE a list stays a list, and NULL stays NULL.
data <- fromJSON(schedule$to_json(), simplifyVector = FALSE)
stopifnot(learnrate$deserialize(data) == schedule)
stopifnot(learnrate$CosineDecay$from_config(data$config) == schedule)

# From R to Python. The list itself arrives with all its bits. jsonlite writes 15 significant digits, whatever `digits`
# says: enough for the 0.1 here, but not for 1/3. So write files with to_json(), which spells every float exactly.
config <- list(initial_learning_rate = 0.1, decay_steps = 1000, alpha = 0, warmup_target = NULL)
third <- modifyList(config, list(alpha = 1 / 3))

through_jsonlite <- function(config) {
  data <- list(class_name = "CosineDecay", config = config)
  learnrate$CosineDecay$from_json(toJSON(data, auto_unbox = TRUE, digits = NA, null = "null"))
}
exact <- learnrate$CosineDecay$from_config(third)
stopifnot(through_jsonlite(config) == learnrate$CosineDecay$from_config(config))
stopifnot(exact$alpha == 1 / 3, through_jsonlite(third)$alpha != 1 / 3)
stopifnot(learnrate$CosineDecay$from_json(exact$to_json()) == exact)


## Phases -------------------------------------------------------------------------------------------------------------

# A line up, the peak, and a line down in the last 200 steps; then phase by phase.
wsd <- learnrate$warmup_stable_decay(0.5, 1000, warmup_steps = 100, decay_steps = 200)
phases <- list(learnrate$Phase(100, 0.5), learnrate$Phase(700, 0.5), learnrate$Phase(200, 0))
stopifnot(learnrate$Phases(0, phases) == wsd, identical(as.vector(wsd(c(50, 400, 900))), c(0.25, 0.5, 0.25)))

# From R's lists and back, as above.
list_of_phases <- fromJSON(wsd$to_json(), simplifyVector = FALSE)
stopifnot(learnrate$deserialize(list_of_phases) == wsd, learnrate$from_json(wsd$to_json()) == wsd)


## Errors -------------------------------------------------------------------------------------------------------------

# They arrive as R's. Positions count from 0, as in Python. NA is refused: Python sees nan, -2147483648 or True.
complaint <- function(code) tryCatch({ code; NA }, error = function(e) strsplit(conditionMessage(e), "\n")[[1]][1])
for (text in c(
  complaint(schedule(c(0, 500, -1))),
  complaint(schedule(c(5, NA))),
  complaint(learnrate$CosineDecay(0.1, decay_steps = 0.5))
)) {
  stopifnot(!is.na(text))
  cat(text, "\n", sep = "")
}
stopifnot(complaint(schedule(-1)) == "ValueError: Argument `step` must be >= 0. Received: step=-1.0")
