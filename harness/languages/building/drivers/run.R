# Runs program.R, which has its test behind it, in the global environment, and says the nonce where the last line of both
# was reached. Nonce and source are read, and the files gone, before the first statement of the program. What is called
# here are the functions of R itself, whatever the program calls its own.
local((function() {
  take <- function(path, other) {
    pipe <- tryCatch(suppressWarnings(file(path, "r")), error = function(...) base::pipe(other, "r"))
    on.exit(close(pipe))
    readLines(pipe, warn = FALSE)
  }
  nonce <- take("/proc/self/fd/3", "cat <&3")
  judge <- tryCatch(suppressWarnings(file("/proc/self/fd/4", "w")), error = function(...) pipe("cat >&4", "w"))
  source <- readLines("program.R", warn = FALSE, encoding = "UTF-8")
  invisible(file.remove("program.R", "run.R"))
  parsed <- parse(text = source, keep.source = FALSE, encoding = "UTF-8")
  reached <- NULL
  for (statement in as.list(parsed)) reached <- eval(statement, globalenv())
  if (!identical(reached, "@@OWN@@")) stop("the test was not reached")
  writeLines(paste0("{\"nonce\":\"", nonce, "\"}"), judge)
  close(judge)
})(), envir = new.env(parent = baseenv()))
