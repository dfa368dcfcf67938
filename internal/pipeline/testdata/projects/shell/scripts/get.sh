# get {{word}}
if [ -n "$HOME" ]; then
  echo '{{word}}' > "{{product}}"
fi
