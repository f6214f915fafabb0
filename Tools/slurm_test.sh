#!/bin/bash
# Two Slurm nodes of our own on this machine, in namespaces that end with this script: sixteen shards of the workflow run on them, one
# node is lost in the middle, one job needs more memory than it asked for, and the gallery has the bytes of a local build.
#
#   Tools/slurm_test.sh PROGRAM [FOLDER]     PROGRAM is the built strata; FOLDER (out/slurm) is made anew
#
# It needs root, Debian's slurmctld, slurmd and munge (INSTALL=1 installs them), snakemake with its plugin for Slurm on the PATH, and the
# catalog's gemma-3-270m. Nothing listens outside of the namespace, and no file of the machine is changed.
set -euo pipefail

if [[ ${1:-} != --inside ]]; then
  program=$(realpath "${1:?name the built program}")
  folder=${2:-out/slurm}
  if ! command -v slurmctld slurmd munged ip > /dev/null; then
    if [[ ${INSTALL:-} != 1 ]]; then
      echo "needs Debian's slurm-wlm, slurmctld, slurmd, munge and iproute2: run it with INSTALL=1, or install them" >&2
      exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm slurmctld slurmd munge iproute2 > /dev/null
  fi
  for name in snakemake python3; do
    command -v $name > /dev/null || { echo "needs $name: pip install snakemake snakemake-executor-plugin-slurm" >&2; exit 1; }
  done
  rm -rf "$folder"
  mkdir -p "$folder"
  exec unshare --net --uts --ipc --pid --fork --kill-child --mount --mount-proc \
    "$0" --inside "$program" "$(realpath "$folder")" "$(realpath "$(dirname "$0")/..")"
fi

program=$2 folder=$3 root=$4
models=${XDG_CACHE_HOME:-$HOME/.cache}/strata/models
export PATH=$(dirname "$program"):$PATH XDG_CACHE_HOME=$folder/cache
hostname strata-slurm
ip link set lo up
# Slurm asks for addresses only where an interface besides the loopback has one.
ip link add slurm0 type dummy 2> /dev/null || ip link add slurm0 type veth peer name slurm1 || ip link add slurm0 type bridge
ip address add 10.213.0.1/24 dev slurm0
ip link set slurm0 up
[[ ! -e /sys/class/net/slurm1 ]] || ip link set slurm1 up
D=$folder/slurm
mkdir -p "$D"/{munge,state,spool,log}
chmod 711 "$D" "$D/munge"
printf '127.0.0.1 localhost strata-slurm\n' > "$D/hosts"
mount --bind "$D/hosts" /etc/hosts
cat > "$D/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=strata-slurm(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$D/munge/munge.socket
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$D/slurmctld.pid
SlurmdPidFile=$D/slurmd-%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$D/log/jobcomp.txt
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MinJobAge=600
SchedulerParameters=defer,sched_interval=2,bf_interval=2
NodeName=n1 NodeHostname=strata-slurm NodeAddr=127.0.0.1 Port=16821 CPUs=1 RealMemory=2500
NodeName=n2 NodeHostname=strata-slurm NodeAddr=127.0.0.1 Port=16822 CPUs=1 RealMemory=2500
PartitionName=debug Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
# The plugin of Snakemake passes no SLURM_CONF on to its jobs.
mkdir -p "$D/etc"
cp "$D/slurm.conf" "$D/etc/slurm.conf"
if [[ -d /etc/slurm ]]; then mount --bind "$D/etc" /etc/slurm; else export SLURM_CONF=$D/slurm.conf; fi
(umask 077 && head -c 1024 /dev/urandom > "$D/munge/munge.key")
munged --force --key-file "$D/munge/munge.key" --socket "$D/munge/munge.socket" --pid-file "$D/munge/munged.pid" \
  --log-file "$D/log/munged.log" --seed-file "$D/munge/munged.seed"
slurmctld
for node in n1 n2; do slurmd -N $node; done
for _ in $(seq 50); do
  [[ $(timeout 2 sinfo -h -o %T 2> /dev/null || true) == idle ]] && break
  sleep 0.1
done
if [[ $(timeout 2 sinfo -h -o %T) != idle ]]; then
  for log in slurmctld slurmd-n1 slurmd-n2; do tail -n 5 "$D/log/$log.log" >&2; done
  exit 1
fi

# Fifteen shards of a small model, and one of a model that needs more memory than the configuration says.
work=$folder/work
mkdir -p "$work/config"
cp -r "$root/models/first" "$work/first"
# A model that is here already is not fetched again.
mkdir -p "$XDG_CACHE_HOME/strata"
[[ -d $models ]] && cp -r "$models" "$XDG_CACHE_HOME/strata/models"
strata models pull gemma-3-270m -q > /dev/null
python3 "$root/Tools/slurm_spec.py" "$work" "${ITEMS:-150}"
cd "$work"
start=$SECONDS
XDG_CACHE_HOME=$folder/cache strata build words.yaml -o local -q > /dev/null
echo "local build: $((SECONDS - start)) s"

# Ends a process and all below it.
end_tree() {
  local below
  below=$(pgrep -P "$1" || true)
  kill -9 "$1" 2> /dev/null || true
  for child in $below; do end_tree "$child"; done
}

# One node's daemon, and what runs on it, dies as soon as some shards are there; it comes back a while later.
(
  while (($(ls results/shards/*.jsonl 2> /dev/null | wc -l) < 4)); do sleep 0.2; done
  while [[ -z $(squeue -h -w n2 -t R -o %i) ]]; do sleep 0.1; done
  sleep 1
  job=$(squeue -h -w n2 -t R -o %A | head -n 1)
  echo "n2 is lost with job $job after $(ls results/shards/*.jsonl | wc -l) shards"
  kill -9 "$(cat "$D/slurmd-n2.pid")"
  for step in $(pgrep -f "slurmstepd: \[$job\.|spool/n2/job0*$job/"); do end_tree "$step"; done
  for _ in $(seq 120); do
    [[ $(timeout 2 sinfo -h -n n2 -o %T) == down* ]] && break
    sleep 0.5
  done
  echo "n2 is $(sinfo -h -n n2 -o %T)"
  slurmd -N n2
  echo "n2 is back"
) &
watcher=$!

# The models differ in what they need, so every shard is a job of its own and no task of an array (docs/cluster.md).
mkdir -p profile
grep -vE 'slurm-array|^config:|arrays=True' "$root/workflow/profiles/slurm/profile.yaml" > profile/profile.yaml

start=$SECONDS
code=0
snakemake --snakefile "$root/workflow/Snakefile" --profile profile --slurm-no-account \
  --slurm-status-command squeue --slurm-init-seconds-before-status-checks 3 --latency-wait 10 > snakemake.log 2>&1 || code=$?
echo "snakemake: exit $code after $((SECONDS - start)) s"
wait $watcher
((code == 0)) || { tail -40 snakemake.log; exit 1; }
start=$(date +%s%N)
snakemake --snakefile "$root/workflow/Snakefile" --profile profile --slurm-no-account --slurm-status-command squeue > again.log 2>&1
echo "nothing to do: $((($(date +%s%N) - start) / 1000000)) ms, of which snakemake --version takes $(
  start=$(date +%s%N); snakemake --version > /dev/null; echo $((($(date +%s%N) - start) / 1000000))) ms"
grep -q "Nothing to be done" again.log || { tail -20 again.log; exit 1; }

echo "shards: $(ls results/shards/*.jsonl | wc -l)"
echo "jobs by state: $(grep -o 'JobState=[A-Z_]*' "$D/log/jobcomp.txt" | sort | uniq -c | tr '\n' ' ')"
python3 "$root/Tools/slurm_spec.py" --check "$work" "$D/log"
diff -r local/words results/gallery/words
echo "the gallery of $(find local/words -type f | wc -l) files has the bytes of the local build"
