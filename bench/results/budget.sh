# SPDX-License-Identifier: Apache-2.0
# The common budget and what a method gets besides it: read by the other scripts of this folder, with `.`.
CIFAR=${CIFAR:-data/cifar10}
ENCODER=${ENCODER:-convnet}
BATCH=${BATCH:-256}
OPTIM=${OPTIM:---optimizer adamw --lr 0.002}

spec() {  # SET SPLIT
  case $1 in
    cifar10) echo "cifar:$CIFAR?split=$2" ;;
    fashion) echo "fashion-mnist/$2" ;;
    *) echo "expected a set of cifar10, fashion, got $1" >&2; exit 2 ;;
  esac
}
title() { if [ "$1" = fashion ]; then echo Fashion-MNIST; else echo CIFAR-10; fi; }                # SET
samples() { if [ "$1" = fashion ]; then echo 60000; else echo 50000; fi; }         # SET: of its training split
budget() { if [ "$1" = fashion ]; then echo 2; else echo 5; fi; }                  # SET: epochs
epochs() { if [ -n "${EPOCHS:-}" ]; then echo "$EPOCHS"; else budget "$1"; fi; }   # SET: of this call

# The words of settings.txt for this method and data set: lines "METHOD SET words", * for any set.
extra() {
  awk -v m="$1" -v s="$2" '$1 == m && ($2 == s || $2 == "*") { $1 = $2 = ""; sub(/^ +/, " "); print }' bench/results/settings.txt
}
left_out() { extra "$1" "$2" | grep -q -w LEAVE-OUT; }
# METHOD SET EPOCHS: the flags of `kindred train` that make its run.
words() { echo "--encoder $ENCODER --epochs $3 --batch $BATCH $OPTIM$(extra "$1" "$2")"; }
