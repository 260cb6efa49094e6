#!/usr/bin/env bash
# The programs that the tests in this folder run against, on Debian 12. Called by `make services`; may be run as often
# as wanted: what is there is left alone. Needs root only when a package is missing.
#
# Chromium, Prometheus and etcd are Debian's packages. Debian has no package with Kubernetes' API server, but its
# source package builds one; the two programs are kept in ${XDG_CACHE_HOME:-~/.cache}/deploy-captain.
# No service is left running or enabled that was not there before, and the machine's list of sources is not touched.
set -euo pipefail

PACKAGES=(chromium fonts-noto-cjk prometheus etcd-server openssl)
BUILD_PACKAGES=(golang-go golang-github-modern-go-reflect2-dev rsync dpkg-dev make jq file)
PROGRAMS=(kube-apiserver kube-controller-manager)
CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/deploy-captain"
READY="$CACHE/kubernetes"
WORK="$CACHE/work"
LOG="$CACHE/install.log"
POLICY=/usr/sbin/policy-rc.d
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "make services: $1" >&2
  exit 1
}

# step SENTENCE COMMAND...: one line for the step and its seconds; when it fails, the end of what it printed.
step() {
  local sentence="$1" began=$SECONDS
  shift
  printf '%s ... ' "$sentence"
  # A subshell of its own, because errexit is off in the condition of an if.
  set +e
  (set -e && "$@") >"$LOG" 2>&1 9>&-
  local code=$?
  set -e
  if [ "$code" -ne 0 ]; then
    echo "failed after $((SECONDS - began)) s; the last lines of $LOG:"
    tail -n 40 "$LOG"
    exit 1
  fi
  echo "done, $((SECONDS - began)) s"
}

missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

install_packages() {
  local mine=""
  # Packages ask this policy before they start their services. An administrator's own policy stays.
  if [ ! -e "$POLICY" ]; then
    mine="$POLICY"
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
  fi
  apt-get -qq update
  apt-get -qq install -y --no-install-recommends "$@"
  if [ -n "$mine" ]; then
    rm -f "$mine"
    trap - EXIT
  fi
  local package service
  for package in "$@"; do
    case "$package" in
      prometheus) service=prometheus ;;
      etcd-server) service=etcd ;;
      *) continue ;;
    esac
    # Newly installed by us, so nobody counts on it.
    if command -v systemctl >/dev/null; then
      systemctl disable "$service"
      if [ -d /run/systemd/system ]; then systemctl stop "$service"; fi
    fi
  done
}

# apt-get with a state of its own, in which the machine's Debian archives are asked for source packages.
apt_source() {
  apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$WORK/sources.list.d" \
    -o Dir::State::lists="$WORK/lists" -o Dir::Cache="$WORK/apt-cache" -o APT::Sandbox::User=root "$@"
}

# The files in which the machine names its Debian archives.
debian_sources() {
  # shellcheck disable=SC2016  # apt fills this in, not the shell
  apt-get indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' 'Origin: Debian' | sed -E 's/:[0-9]+$//' | sort -u
}

download_source() {
  rm -rf "$WORK"
  mkdir -p "$WORK/sources.list.d" "$WORK/lists/partial" "$WORK/apt-cache/archives/partial" "$WORK/source"
  # Before the first update apt does not know which archives are Debian's.
  [ -n "$(debian_sources)" ] || apt-get -qq update
  local file
  for file in $(debian_sources); do
    case "$file" in
      *.sources) sed -E 's/^Types:.*/Types: deb-src/I' "$file" >"$WORK/sources.list.d/${file##*/}" ;;
      *) sed -nE 's/^deb[[:space:]]/deb-src /p' "$file" >"$WORK/sources.list.d/${file##*/}" ;;
    esac
  done
  # Another archive named in the same file may have no sources; whether Kubernetes is found is what counts.
  apt_source -qq update || true
  cd "$WORK/source"
  apt_source -qq source kubernetes
}

build() {
  cd "$(find "$WORK/source" -mindepth 1 -maxdepth 1 -type d -name 'kubernetes-*')"
  local version upstream program
  version="$(dpkg-parsechangelog --show-field Version)"
  upstream="$(sed -E 's/^.*really//; s/-[^-]*$//' <<<"$version")"
  # The copy of reflect2 in the source breaks with Go 1.18 and newer: the API server dies of the first custom
  # resource. Debian's package has the version that is mended.
  rm -rf vendor/github.com/modern-go/reflect2
  cp -rL /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/reflect2
  # What the build would ask git for. HOME keeps Go's own files in the work folder.
  export KUBE_GIT_VERSION="v$upstream" KUBE_GIT_COMMIT="debian" KUBE_GIT_TREE_STATE=clean
  export HOME="$WORK/home" GOPATH="$WORK/go" GOCACHE="$WORK/go-cache" GOFLAGS=-mod=vendor GOPROXY=off CGO_ENABLED=0
  make WHAT="${PROGRAMS[*]/#/cmd/}"
  local folder="$CACHE/kubernetes-$upstream"
  mkdir -p "$folder"
  for program in "${PROGRAMS[@]}"; do
    install -m 755 "_output/bin/$program" "$folder/$program.new"
    "$folder/$program.new" --version
    mv "$folder/$program.new" "$folder/$program"
  done
  ln -sfn "kubernetes-$upstream" "$READY"
}

built() {
  local program
  for program in "${PROGRAMS[@]}"; do [ -x "$READY/$program" ] || return 1; done
}

command -v apt-get >/dev/null || fail "the tests with real servers need Debian 12; this machine has no apt-get."
mkdir -p "$CACHE"
# Two runs at a time would build twice and disturb each other.
exec 9>"$CACHE/lock"
flock 9

WANTED=("${PACKAGES[@]}")
built || WANTED+=("${BUILD_PACKAGES[@]}")
mapfile -t ABSENT < <(missing "${WANTED[@]}")
if [ "${#ABSENT[@]}" -eq 0 ]; then
  echo "packages: all there"
else
  [ "$(id -u)" -eq 0 ] || fail "packages are missing; as root: apt-get install --no-install-recommends ${ABSENT[*]}"
  step "packages: installing ${ABSENT[*]}" install_packages "${ABSENT[@]}"
fi

if built; then
  echo "kubernetes: there, in $(readlink -f "$READY")"
else
  step "kubernetes: downloading Debian's source package" download_source
  step "kubernetes: building ${PROGRAMS[*]} (6 to 10 minutes on two cores)" build
  rm -rf "$WORK"
  echo "kubernetes: built, in $(readlink -f "$READY")"
fi
