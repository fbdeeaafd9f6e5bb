# Shared by the scripts of the demo guest. Functions that a boot passes through use builtins only and leave their result in a
# variable instead of printing it: under v86 each process, a subshell included, costs 5 to 10 ms.

# option NAME DEFAULT: sets $value to the value of NAME= on the kernel's command line.
option() {
  local word words
  value=$2
  read -r words </proc/cmdline
  for word in $words; do
    case $word in "$1="?*) value=${word#*=} ;; esac
  done
}

# find_terminals: sets $terminals to the screen, the first serial port if the machine has one, and any further console the
# kernel was given.
find_terminals() {
  local line words console
  terminals=tty1
  while read -r line; do
    case $line in '0: uart:unknown'*) ;; '0: uart:'*) terminals='tty1 ttyS0' ;; esac
  done </proc/tty/driver/serial
  read -r words </sys/class/tty/console/active
  for console in $words; do
    case $console in tty[0-9]* | ttyS0) ;; *) terminals="$terminals $console" ;; esac
  done
}

# say TEXT: one line on every terminal; shells that wait at a prompt draw it again (they do on a change of window size).
say() {
  local terminal
  find_terminals
  for terminal in $terminals; do printf '\r\033[K%s\r\n' "$1" >"/dev/$terminal"; done
  killall -q -WINCH sh || true
}

# find_address INTERFACE: sets $address to its IPv4 address with prefix, as net-up or the last lease left it, or to nothing.
find_address() {
  address=
  [ ! -r "/run/address.$1" ] || read -r address <"/run/address.$1"
}

# memory FIELD: sets $kib to a line of /proc/meminfo, such as MemTotal.
memory() {
  local key unit
  while read -r key kib unit; do [ "$key" != "$1:" ] || return 0; done </proc/meminfo
}

# count_processors: sets $processors to how many are on line.
count_processors() {
  local key rest
  processors=0
  while read -r key rest; do [ "$key" != processor ] || processors=$((processors + 1)); done </proc/cpuinfo
}

# clock: sets $now to the time since boot in 1/100 s, the resolution of /proc/uptime.
clock() {
  local up idle
  read -r up idle </proc/uptime
  now=$((${up%.*} * 100 + 1${up#*.} - 100))
}

# seconds CENTISECONDS: prints them as "12.34".
seconds() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }
