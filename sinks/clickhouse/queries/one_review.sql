-- A review with what was decided; the latest unless an id is given.
SELECT r.review_id AS review_id, r.request_id AS request_id, r.generation AS generation, r.tenant AS tenant,
    r.action_type AS action_type, r.rules AS rules, r.policy_version AS policy_version, r.opened_at AS opened_at,
    r.expires_at AS expires_at, r.action AS action, d.reviewer_id AS reviewer_id, d.decision AS decision,
    d.reason AS reason
FROM (SELECT * FROM reviews FINAL) AS r
LEFT JOIN (SELECT * FROM decisions FINAL) AS d ON d.tenant = r.tenant AND d.review_id = r.review_id
WHERE {review_id:String} IN ('', toString(r.review_id))
ORDER BY r.opened_at DESC, review_id, d.src_offset DESC
LIMIT 1
