#!/bin/sh
# Installs the servers that live tests talk to, and the programs that the bench runs beside ours, where that is possible;
# else those tests and comparisons say what they miss.
set -u
missing=""
has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || ls /usr/lib/postgresql/*/bin/"$1" >/dev/null 2>&1; }
want() { has "$1" || missing="$missing $2"; }
want nmap nmap
want snmpd snmpd
want snmpget snmp
want nginx nginx-light
want sshd openssh-server
want ip iproute2
want dropbear dropbear-bin
want proftpd proftpd-core
want telnetd inetutils-telnetd
want chromium chromium
want initdb postgresql
want knxd knxd
want lldpd lldpd
want tshark tshark
want smbd samba
want xrdp xrdp
want Xtigervnc tigervnc-standalone-server
want x11vnc x11vnc
want chronyd chrony
want mariadbd mariadb-server
want mosquitto mosquitto
want soffice libreoffice-calc-nogui
want pdftotext poppler-utils
want nft nftables
want braa braa
want onesixtyone onesixtyone
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    # shellcheck disable=SC2086
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 && exit 0
fi
echo "not installed, tests that need them are skipped:$missing" >&2
