-- Table: rows that the server refused (a program lost them; see below).
SELECT kind, reason, count(*) AS times, max(set_aside_at) AS latest
FROM dead_letters
WHERE $__timeFilter(set_aside_at)
GROUP BY kind, reason
ORDER BY times DESC
