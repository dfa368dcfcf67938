# What code in R has of pawl, as `pawl$fail(...)` and so on. It is attached behind all
# that the code defines itself.
local({
  quoted <- function(text) {
    text <- gsub("\\", "\\\\", enc2utf8(text), fixed = TRUE)
    text <- gsub('"', '\\"', text, fixed = TRUE)
    if (any(grepl("[\001-\037]", text))) {
      for (code in 1:31) text <- gsub(intToUtf8(code), sprintf("\\u%04x", code), text, fixed = TRUE)
    }
    paste0('"', text, '"')
  }

  object <- function(values) {
    names <- names(values)
    if (any(!nzchar(names))) stop("some values have names, and others have none", call. = FALSE)
    paste0("{", paste0(quoted(names), ": ", vapply(values, json, ""), collapse = ", "), "}")
  }

  json <- function(value) {
    if (is.null(value)) return("null")
    if (is.factor(value)) value <- as.character(value)
    if (inherits(value, "Date") || inherits(value, "POSIXt")) value <- format(value, if (inherits(value, "Date")) "%Y-%m-%d" else "%Y-%m-%dT%H:%M:%S%z")
    if (is.data.frame(value)) value <- lapply(seq_len(nrow(value)), function(i) as.list(value[i, , drop = FALSE]))
    if (!is.null(names(value)) && length(value) > 0) return(object(as.list(value)))
    if (is.list(value)) return(paste0("[", paste(vapply(value, json, ""), collapse = ", "), "]"))
    texts <- if (is.character(value)) quoted(value)
      else if (is.logical(value)) ifelse(value, "true", "false")
      else if (is.numeric(value)) {
        if (any(is.infinite(value) | is.nan(value))) stop("a number that is not finite is no JSON", call. = FALSE)
        vapply(value, function(n) format(n, digits = 15), "")
      }
      else stop(paste("there is no JSON for", class(value)[1]), call. = FALSE)
    texts[is.na(value)] <- "null"
    if (length(texts) == 1) texts else paste0("[", paste(texts, collapse = ", "), "]")
  }

  tell <- function(line) {
    path <- Sys.getenv("PAWL_FACTS")
    if (!nzchar(path)) return(invisible()) # nobody listens, as where the code is run by itself
    file <- file(path, "ab")
    on.exit(close(file))
    writeLines(line, file, useBytes = TRUE)
  }

  named <- function(what, name) {
    if (!is.character(name) || length(name) != 1 || is.na(name) || !nzchar(name)) {
      stop(paste("the", what, "needs a name, which is a text"), call. = FALSE)
    }
    name
  }

  fact <- function(values, metadata, tags) {
    for (what in c("metadata", "tags")) {
      given <- get(what)
      if (length(given) == 0) next
      if (is.null(names(given))) stop(paste(what, "have names, as in list(rows = 17)"), call. = FALSE)
      values[[what]] <- as.list(given)
    }
    tell(json(values[!vapply(values, is.null, NA)]))
  }

  raised <- function(kind, text, said) {
    tell(json(list(failure = said)))
    stop(structure(class = c(kind, "error", "condition"), list(message = text, call = NULL)))
  }

  levels <- c("debug", "info", "warn", "error")

  logged <- function(level) {
    function(message, ...) {
      values <- list(...)
      if (length(values) > 0 && (is.null(names(values)) || any(!nzchar(names(values))))) {
        stop("pawl$log takes one message, and values by name", call. = FALSE)
      }
      taken <- intersect(names(values), c("time", "level", "logger", "message", "exception", "stream", "attempt", "task", "try"))
      if (length(taken) > 0) stop(paste(taken[1], "can't be the name of a value: a message has that by itself"), call. = FALSE)
      least <- match(Sys.getenv("PAWL_LOG_LEVEL"), levels, nomatch = 0)
      if (match(level, levels) < if (least > 0) least else 2) return(invisible())
      texts <- vapply(values, function(v) if (is.character(v) && length(v) == 1) paste0("s", v) else paste0("j", json(v)), "")
      if (least == 0) {
        pairs <- paste0("  ", names(values), "=", substring(texts, 2), recycle0 = TRUE)
        line <- paste0(sprintf("%-5s", toupper(level)), " task: ", message, paste(pairs, collapse = ""))
      } else {
        parts <- gsub("[\036\037]", " ", c(level, "task", as.character(message), "", rbind(names(values), texts)))
        line <- paste0("\x1epawl\x1f", paste(parts, collapse = "\x1f"), "\x1e")
      }
      # In a notebook messages are what the notebook shows, too; elsewhere they are ours.
      if ("IRkernel" %in% loadedNamespaces()) base::message(line, appendLF = FALSE) else cat(line, "\n", sep = "", file = stderr())
      invisible()
    }
  }

  typed <- function(type) function(value) list(type = type, value = value)

  attach(name = "pawl", warn.conflicts = FALSE, list(pawl = list(
    fail = function(label, description = "", metadata = NULL) {
      label <- as.character(label)
      description <- as.character(description)
      said <- list(label = label, description = description)
      if (!is.null(metadata)) said$metadata <- metadata
      raised("pawl_failure", if (nzchar(description)) paste0(label, ": ", description) else label, said)
    },
    retry = function(after, most, message = "the task asks to be tried again") {
      again <- list(after = as.numeric(after), most = as.integer(most))
      raised("pawl_retry", message, list(message = message, retry = again))
    },
    materialize = function(product, partition = NULL, metadata = NULL, tags = NULL) {
      if (is.list(partition) || length(partition) > 1) stop("a partition is one text, such as a date", call. = FALSE)
      if (!is.null(partition)) partition <- as.character(partition)
      invisible(fact(list(product = named("product", product), partition = partition), metadata, lapply(tags, as.character)))
    },
    expect = function(name, ok, severity = "warn", metadata = NULL, tags = NULL) {
      if (!severity %in% c("warn", "error")) stop('the severity is "warn" or "error"', call. = FALSE)
      ok <- isTRUE(as.logical(ok))
      fact(list(expectation = named("expectation", name), ok = ok, severity = severity), metadata, lapply(tags, as.character))
      invisible(ok)
    },
    log = sapply(levels, logged, simplify = FALSE),
    url = typed("url"), path = typed("path"), markdown = typed("markdown"),
    table = function(rows) list(type = "table", value = lapply(seq_len(nrow(rows)), function(i) as.list(rows[i, , drop = FALSE])))
  )))
})
