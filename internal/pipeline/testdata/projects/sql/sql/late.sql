SELECT '[[upstream.dump]]' AS "{{key}}" WHERE '{{upstream.dump}}' <> ''
