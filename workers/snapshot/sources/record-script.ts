/** What the script in the pod ends with. */
export const recordExit = {
  noPerf: 90,
  noFolder: 91,
  busy: 92,
  noProcess: 93,
  refused: 94,
  unreadable: 95,
  stopped: 96,
  nearlyFull: 97,
  tooSlow: 98,
} as const;

/** In the pod. Always the same, so that two recordings meet: making it is the lock. */
export const recordFolder = '/tmp/avalanche-recording';

/** For how long a recording that nobody fetches stays in the pod. */
const keptSeconds = 150;
/** Naming the functions takes a second of CPU time for a binary as large as node, and a throttled container has little. */
export const namingSeconds = 120;
/** perf holds the symbols of a large binary in some 80 MiB, and what it writes counts too where /tmp is in memory. */
const freeMebibytes = 160;
/** perf gets this long, beyond the recording, to begin and to end. */
const graceSeconds = 40;

/** Sets `memory` to what is used where less than the room wanted is free, else to nothing. */
export const readMemoryRoom = `
memory=
room() {
  read -r limit 2>/dev/null < "$1" && read -r used 2>/dev/null < "$2" || return 0
  case $limit in *[!0-9]* | ????????????????*) return 0 ;; esac
  cached=0
  while read -r key value; do [ "$key" != "$4" ] || cached=$value; done 2>/dev/null < "$3"
  used=$(((used - cached) / 1048576)) limit=$((limit / 1048576))
  [ $((limit - used)) -ge ${freeMebibytes} ] || memory="$used of $limit MiB used (${freeMebibytes} MiB free wanted)"
}
room /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.current /sys/fs/cgroup/memory.stat inactive_file
room /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory/memory.usage_in_bytes \\
  /sys/fs/cgroup/memory/memory.stat total_inactive_file
`;

/**
 * Records in the container, names the functions there, where binaries and symbol maps are, and stays until somebody
 * has fetched the result. Arguments: id, seconds, rate, name of the processes or '', and `others` when only
 * processes of other containers count. Standard output: lines of a key and its value, `file` the last.
 *
 * It never depends on the connection, with which nothing ends in a pod: it ends by itself, and a second after its
 * folder is removed. No process outlives it, since the first process of many a container would leave it a zombie;
 * which is why perf is asked to end (it then ends its own child), and nothing runs in a subshell. A process that ends
 * before perf begins (somebody's health check) fails perf as a whole, so it is begun again.
 */
export const recordScript = `
id=$1 seconds=$2 rate=$3 comm=$4 whose=$5
folder=${recordFolder}
umask 077
trap '' PIPE HUP
export PERF_CONFIG=/dev/null DEBUGINFOD_URLS= LC_ALL=C
command -v perf >/dev/null 2>&1 || exit ${recordExit.noPerf}
${readMemoryRoom}
[ -z "$memory" ] || { echo "$memory" >&2; exit ${recordExit.nearlyFull}; }
is_mine() { [ "$(cat "$folder/id" 2>/dev/null)" = "$id" ]; }
leave() { if is_mine; then rm -rf "$folder"; fi; exit "$1"; }
say() { head -c 2000 "$folder/said" >&2 2>/dev/null; }
until_done() {
  i=0
  while kill -0 "$child" 2>/dev/null; do
    sleep 1
    i=$((i + 1))
    is_mine || kill -INT "$child" 2>/dev/null
    [ "$i" -lt "$1" ] || kill -9 "$child" 2>/dev/null
  done
  wait "$child"
  code=$?
  is_mine || exit ${recordExit.stopped}
}
if ! mkdir "$folder" 2>/dev/null; then
  [ -d "$folder" ] || { echo "cannot write to /tmp" >&2; exit ${recordExit.noFolder}; }
  sleep 1
  holder=$(cat "$folder/script" 2>/dev/null)
  if [ -n "$holder" ] && kill -0 "$holder" 2>/dev/null; then exit ${recordExit.busy}; fi
  rm -rf "$folder"
  mkdir "$folder" || exit ${recordExit.noFolder}
fi
echo $$ > "$folder/script"
echo "$id" > "$folder/id" || leave ${recordExit.noFolder}
own=$(readlink /proc/self/ns/mnt)
read -r uptime rest < /proc/uptime
echo "clock $(date +%s.%N) $uptime"
ulimit -f 1048576
attempt=1
while :; do
pids= count=0
for process in /proc/[0-9]*; do
  pid=\${process#/proc/}
  [ "$pid" != $$ ] || continue
  readlink "$process/exe" >/dev/null 2>&1 || continue
  read -r name 2>/dev/null < "$process/comm" || continue
  [ -z "$comm" ] || [ "$name" = "$comm" ] || continue
  [ "$whose" != others ] || [ "$(readlink "$process/ns/mnt")" != "$own" ] || continue
  pids="$pids\${pids:+,}$pid" count=$((count + 1)) last=$name
done
[ -n "$pids" ] || leave ${recordExit.noProcess}
nice -n 5 perf record -k CLOCK_MONOTONIC -e cpu-clock -F "$rate" -g -m 32 \\
  --no-buildid --no-buildid-cache --no-bpf-event -p "$pids" -o "$folder/perf.data" -- sleep "$seconds" \\
  </dev/null >/dev/null 2>"$folder/said" &
child=$!
echo "$child" > "$folder/perf"
until_done $((seconds + ${graceSeconds}))
[ "$code" -ne 0 ] && [ "$attempt" -lt 5 ] || break
# One that ends while perf looks at it may fail perf without a word.
[ ! -s "$folder/said" ] || grep -q 'No such process' "$folder/said" || break
attempt=$((attempt + 1))
done
if [ "$code" -ne 0 ]; then
  say
  echo "perf_event_paranoid is $(cat /proc/sys/kernel/perf_event_paranoid)" >&2
  leave ${recordExit.refused}
fi
nice -n 5 perf script --force --header --show-lost-events --no-inline \\
  --fields comm,pid,tid,time,period,event,ip,sym,symoff,dso --input "$folder/perf.data" \\
  </dev/null >"$folder/recording" 2>"$folder/said" &
child=$!
echo "$child" > "$folder/perf"
until_done ${namingSeconds}
[ "$code" -ne 137 ] || leave ${recordExit.tooSlow}
[ "$code" -eq 0 ] || { say; leave ${recordExit.unreadable}; }
rm -f "$folder/perf.data" "$folder/perf"
echo "processes $count $last"
file=recording
if command -v gzip >/dev/null 2>&1 && nice -n 5 gzip -1 "$folder/recording"; then file=recording.gz; fi
echo "file $file"
i=0
while is_mine && [ "$i" -lt ${keptSeconds} ]; do sleep 1; i=$((i + 1)); done
leave 0
`;

/** Ends a recording and removes what it left; says on standard output what could not be. Argument: id. */
export const stopScript = `
folder=${recordFolder}
[ "$(cat "$folder/id" 2>/dev/null)" = "$1" ] || exit 0
perf=$(cat "$folder/perf" 2>/dev/null) script=$(cat "$folder/script" 2>/dev/null)
rm -rf "$folder"
[ -z "$perf" ] || kill -INT "$perf" 2>/dev/null
i=0
while [ "$i" -lt 50 ]; do
  left=
  [ -z "$perf" ] || ! kill -0 "$perf" 2>/dev/null || left="perf $perf"
  [ -z "$script" ] || ! kill -0 "$script" 2>/dev/null || left="$left script $script"
  [ ! -e "$folder" ] || left="$left $folder"
  [ -n "$left" ] || exit 0
  sleep 0.1 2>/dev/null || sleep 1
  i=$((i + 1))
done
echo "$left"
exit 1
`;
