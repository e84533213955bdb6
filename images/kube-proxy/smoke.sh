set -eu
kube-proxy --version
nft --version
conntrack --version
