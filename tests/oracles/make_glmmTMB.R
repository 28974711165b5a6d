# What R's glmmTMB makes of the scores in mixed/*.csv, written to mixed/glmmTMB.json, which the tests read.
#
# A second implementation of the same models as lme4's (maximum likelihood by automatic differentiation and a Laplace
# approximation), with a negative binomial whose shape is fitted with the rest. Not needed to run the tests. To make it
# again (Debian: r-base-core and r-cran-glmmtmb), from the checkout:
#   python -m tests.oracles.make_mixed_data
#   Rscript tests/oracles/make_glmmTMB.R
suppressPackageStartupMessages(library(glmmTMB))

folder <- "tests/oracles/mixed"
fixed <- "errors ~ accent + gender + offset(log(reference_length)) + (1 | speaker)"
models <- list(
  poisson = list(formula = fixed, family = poisson()),
  few_speakers = list(formula = fixed, family = poisson()),
  crossed_texts = list(formula = paste(fixed, "+ (1 | sentence)"), family = poisson()),
  over_dispersed = list(formula = fixed, family = nbinom2()),
  over_dispersed_texts = list(formula = paste(fixed, "+ (1 | sentence)"), family = nbinom2())
)

number <- function(x) format(x, digits = 12)
named <- function(values) {
  paste0("{", paste0('"', names(values), '": ', sapply(values, number), collapse = ", "), "}")
}

blocks <- c()
for (name in names(models)) {
  scores <- read.csv(file.path(folder, paste0(name, ".csv")))
  scores$accent <- relevel(factor(scores$accent), ref = "a")
  scores$gender <- relevel(factor(scores$gender), ref = "male")
  fit <- glmmTMB(as.formula(models[[name]]$formula), data = scores, family = models[[name]]$family)
  stopifnot(fit$fit$convergence == 0)
  deviations <- sapply(VarCorr(fit)$cond, function(block) attr(block, "stddev")[[1]])
  parts <- c(
    paste0('"log_ratios": ', named(fixef(fit)$cond[-1])),
    paste0('"standard_errors": ', named(sqrt(diag(as.matrix(vcov(fit)$cond)))[-1])),
    paste0('"random_sd": ', named(deviations)),
    paste0('"log_likelihood": ', number(as.numeric(logLik(fit))))
  )
  if (models[[name]]$family$family == "nbinom2") parts <- c(parts, paste0('"shape": ', number(sigma(fit))))
  blocks <- c(blocks, paste0('  "', name, '": {\n    ', paste(parts, collapse = ",\n    "), "\n  }"))
}
versions <- paste0('  "versions": {"R": "', R.version$major, ".", R.version$minor, '", "glmmTMB": "',
                   packageVersion("glmmTMB"), '"}')
writeLines(c("{", paste(c(blocks, versions), collapse = ",\n"), "}"), file.path(folder, "glmmTMB.json"))
