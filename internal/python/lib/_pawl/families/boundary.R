# Runs the script PAWL_R_SCRIPT as Rscript does, and writes down in PAWL_R_FAILURE what
# goes wrong in it: class, message, line, and the calls of the script itself, apart by
# separators. What is told by message() and warning() is a message with a level.
local({
  script <- Sys.getenv("PAWL_R_SCRIPT")
  target <- Sys.getenv("PAWL_R_FAILURE")
  source(Sys.getenv("PAWL_R_LIBRARY"), local = new.env(), keep.source = FALSE)
  Sys.unsetenv(c("PAWL_R_SCRIPT", "PAWL_R_FAILURE", "PAWL_R_LIBRARY"))
  options(keep.source = TRUE, showErrorCalls = FALSE)
  level <- match(Sys.getenv("PAWL_LOG_LEVEL"), c("debug", "info", "warn", "error"), nomatch = 0)

  say <- function(name, number, text, restart) {
    if (level == 0) return()
    if (number >= level) {
      cat("\x1epawl\x1f", name, "\x1fR\x1f", text, "\x1f\x1e\n", sep = "", file = stderr())
    }
    invokeRestart(restart)
  }

  place <- function(call) {
    ref <- attr(call, "srcref")
    if (is.null(ref)) return(NULL)
    list(file = attr(ref, "srcfile")$filename, line = ref[1])
  }

  failed <- function(e, calls) {
    message <- conditionMessage(e)
    lines <- character()
    last <- 0
    for (call in calls) {
      at <- place(call)
      if (is.null(at) || !nzchar(at$file)) next
      if (at$file == script) last <- at$line
      lines <- c(lines, sprintf("  %s:%d: %s", at$file, at$line, paste(deparse(call, nlines = 1), collapse = " ")))
    }
    if (length(lines) == 0 && startsWith(message, script)) { # it can't be parsed
      last <- sub("^:([0-9]+):.*", "\\1", substr(strsplit(message, "\n")[[1]][1], nchar(script) + 1, 1e6))
    }
    origin <- conditionCall(e)
    if (!is.null(origin) && identical(origin[[1]], quote(source))) origin <- NULL
    head <- if (is.null(origin)) "Error: " else paste0("Error in ", paste(deparse(origin, nlines = 1), collapse = " "), ": ")
    text <- paste0(head, message, "\n", if (length(lines)) "Calls:\n", paste(lines, collapse = "\n"))
    cat(paste(enc2utf8(c(class(e)[1], message, last, text)), collapse = "\x1f"), file = target)
  }

  withCallingHandlers(
    source(script, local = globalenv(), echo = FALSE, print.eval = TRUE, keep.source = TRUE, chdir = FALSE),
    error = function(e) failed(e, sys.calls()),
    message = function(m) say("info", 2, sub("\n$", "", conditionMessage(m)), "muffleMessage"),
    warning = function(w) say("warn", 3, conditionMessage(w), "muffleWarning")
  )
})
