# Shared by the scripts of the demo guest. Builtins only where a boot passes through: each process costs 6 ms under v86.

# option NAME DEFAULT: the value of NAME= on the kernel's command line.
option() {
  local word words value=$2
  read -r words </proc/cmdline
  for word in $words; do
    case $word in "$1="?*) value=${word#*=} ;; esac
  done
  echo "$value"
}

# terminals: the screen, the first serial port if the machine has one, and any further console the kernel was given.
terminals() {
  local line word words console
  echo tty1
  while read -r line; do
    case $line in '0: uart:unknown'*) ;; '0: uart:'*) echo ttyS0 ;; esac
  done </proc/tty/driver/serial
  read -r words </sys/class/tty/console/active
  for console in $words; do
    case $console in tty[0-9]* | ttyS0) ;; *) echo "$console" ;; esac
  done
}

# say TEXT: one line on every terminal; shells that wait at a prompt draw it again (they do on a change of window size).
say() {
  local terminal
  for terminal in $(terminals); do printf '\r%s\033[K\r\n' "$1" >"/dev/$terminal"; done
  killall -q -WINCH sh || true
}

# address INTERFACE: its IPv4 address with prefix, as the last net-up or lease left it; nothing when there is none.
address() {
  local value=
  [ ! -r "/run/address.$1" ] || read -r value <"/run/address.$1"
  echo "$value"
}

# memory_kib FIELD: a line of /proc/meminfo, such as MemTotal.
memory_kib() {
  local key value unit
  while read -r key value unit; do
    [ "$key" != "$1:" ] || { echo "$value"; return; }
  done </proc/meminfo
}

# processors: how many are on line.
processors() {
  local key rest count=0
  while read -r key rest; do [ "$key" != processor ] || count=$((count + 1)); done </proc/cpuinfo
  echo "$count"
}

# centiseconds: time since boot in 1/100 s, the resolution of /proc/uptime.
centiseconds() {
  local up idle
  read -r up idle </proc/uptime
  echo $((${up%.*} * 100 + 1${up#*.} - 100))
}

# seconds CENTISECONDS: the same as "12.34".
seconds() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }
