#!/bin/bash
# One part of the pages: the completion index of the Job says which one.
set -euo pipefail
shard=$((JOB_COMPLETION_INDEX + 1))

export KUBECONFIG=/tmp/kubeconfig
kubectl config set-cluster here --embed-certs --certificate-authority=/account/ca.crt \
  --server="https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"
kubectl config set-credentials verify --token="$(cat /account/token)"
kubectl config set-context here --cluster=here --user=verify --namespace=verify
kubectl config use-context here

# The image is read-only, and the run leaves its records in the project.
cp -R /project /tmp/project
cd /tmp/project
result=0
ledger verify --cluster-uid "$CLUSTER_UID" --shard "$shard/$SHARDS" || result=$?

# Records of an earlier run were only there to cut the parts.
left=/evidence/shard-$shard
rm -rf "$left"
mkdir -p "$left/.ledger/runs"
cp -R .ledger/runs "$left/.ledger/"
exit "$result"
