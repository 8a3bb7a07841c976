# shellcheck shell=bash
# Runs on the live droplet: watch_cost.sh ADDRESS SCRAPES. Prints one measurement a line; minitwitctl does the arithmetic.
#   scrape SERVICE NANOSECONDS BYTES SECONDS   processor time of one scrape, its size, and how often Prometheus reads it
#   memory SERVICE KILOBYTES
#   weight NUMBER | nice NUMBER BY             by what the kernel shares out the processor to Filebeat
set -euo pipefail
address=$1 scrapes=$2
process() { systemctl show --value --property=MainPID "$1"; }
# The kernel counts each thread's processor time in nanoseconds.
cpu() { cat "/proc/$(process "$1")"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns; exit !ns }'; }
for line in minitwit:9101:5 floatip:9102:5 prometheus-node-exporter:9100:15; do
  IFS=: read -r service port every <<<"$line"
  size=$(curl --silent --fail "http://$address:$port/metrics" | wc -c)
  begin=$(cpu "$service") start=$(date +%s%N)
  for _ in $(seq "$scrapes"); do curl --silent --fail --output /dev/null "http://$address:$port/metrics"; done
  took=$(($(date +%s%N) - start)) end=$(cpu "$service")
  # What the service does anyway in the same time is subtracted.
  sleep "$(awk -v ns="$took" 'BEGIN { print ns / 1e9 }')"
  own=$(($(cpu "$service") - end))
  echo "scrape $service $(((end - begin - own) / scrapes)) $size $every"
done
for service in prometheus-node-exporter filebeat; do
  systemctl is-active --quiet "$service" || continue
  echo "memory $service $(awk '/^VmRSS:/ { print $2 }' "/proc/$(process "$service")/status")"
done
systemctl is-active --quiet filebeat || exit 0
group=/sys/fs/cgroup/system.slice/filebeat.service/cpu.weight
if [ -e "$group" ]; then
  echo "weight $(<"$group")"
elif [ "$(cat /proc/sys/kernel/sched_autogroup_enabled 2>/dev/null)" = 1 ]; then
  awk '{ print "nice", $NF, "autogroup" }' "/proc/$(process filebeat)/autogroup"
else
  echo "nice $(ps -o ni= -p "$(process filebeat)") scheduler"
fi
