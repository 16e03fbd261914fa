# Runs "$@", and ends its process group when standard input ends: then whoever started it is gone.
exec 3<&0
(
    while read -r _ <&3; do :; done
    kill -INT 0
    sleep 5
    kill -KILL 0
) >/dev/null 2>&1 &
watcher=$!
# The signal is the command's to obey; this shell only waits for its end.
trap : INT TERM
"$@" </dev/null 3<&-
status=$?
exec 2>/dev/null
kill -KILL "$watcher"
trap - INT TERM
[ "$status" -gt 128 ] && kill -"$((status - 128))" $$
exit "$status"
