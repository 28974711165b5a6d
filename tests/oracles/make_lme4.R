# What R's lme4 makes of the scores in mixed/*.csv, written to mixed/lme4.json, which the tests read.
#
# Not needed to run the tests. To make it again (Debian: r-base-core and r-cran-lme4), from the checkout:
#   python -m tests.oracles.make_mixed_data
#   Rscript tests/oracles/make_lme4.R
suppressPackageStartupMessages(library(lme4))

folder <- "tests/oracles/mixed"
fixed <- "errors ~ accent + gender + offset(log(reference_length)) + (1 | speaker)"
models <- list(
  poisson = list(formula = fixed, negative = FALSE),
  few_speakers = list(formula = fixed, negative = FALSE),
  crossed_texts = list(formula = paste(fixed, "+ (1 | sentence)"), negative = FALSE),
  over_dispersed = list(formula = fixed, negative = TRUE)
)

number <- function(x) format(x, digits = 12)
named <- function(values) {
  paste0("{", paste0('"', names(values), '": ', sapply(values, number), collapse = ", "), "}")
}
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-10, optCtrl = list(maxfun = 200000))

blocks <- c()
for (name in names(models)) {
  scores <- read.csv(file.path(folder, paste0(name, ".csv")))
  scores$accent <- relevel(factor(scores$accent), ref = "a")
  scores$gender <- relevel(factor(scores$gender), ref = "male")
  formula <- as.formula(models[[name]]$formula)
  if (models[[name]]$negative) {
    fit <- glmer.nb(formula, data = scores, control = tight)
    shape <- getME(fit, "glmer.nb.theta")
  } else {
    fit <- glmer(formula, data = scores, family = poisson, control = tight)
    shape <- NULL
  }
  deviations <- sapply(VarCorr(fit), function(block) attr(block, "stddev")[[1]])
  parts <- c(
    paste0('"log_ratios": ', named(fixef(fit)[-1])),
    paste0('"standard_errors": ', named(sqrt(diag(as.matrix(vcov(fit))))[-1])),
    paste0('"random_sd": ', named(deviations)),
    paste0('"log_likelihood": ', number(as.numeric(logLik(fit))))
  )
  if (!is.null(shape)) parts <- c(parts, paste0('"shape": ', number(shape)))
  blocks <- c(blocks, paste0('  "', name, '": {\n    ', paste(parts, collapse = ",\n    "), "\n  }"))
}
versions <- paste0('  "versions": {"R": "', R.version$major, ".", R.version$minor, '", "lme4": "',
                   packageVersion("lme4"), '"}')
writeLines(c("{", paste(c(blocks, versions), collapse = ",\n"), "}"), file.path(folder, "lme4.json"))
