# + tags=["parameters"]
upstream <- list('load')
product <- NULL
# -

# +
print(k)
print(upstream$load$data)
