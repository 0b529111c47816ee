SELECT kind, reason, count(*), min(set_aside_at), max(set_aside_at) FROM dead_letters GROUP BY kind, reason;
