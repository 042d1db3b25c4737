-- What happened to one request, in order?
SELECT generation, at, kind, name, result, ms, tokens, cost_usd, detail
FROM request_story(rid = {request_id:UUID})
ORDER BY generation, at, step
