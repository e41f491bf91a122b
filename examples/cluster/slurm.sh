#!/bin/bash
# One run on two nodes with four GPUs each: sbatch examples/cluster/slurm.sh
#SBATCH --job-name=tag2mask
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=32
#SBATCH --time=12:00:00
#SBATCH --requeue
# A minute before the time is over, all processes are stopped; submit the script again to continue.
#SBATCH --signal=TERM@60

set -euo pipefail

DATA=${DATA:?the folder of photos, on storage that all nodes see}
OUT=${OUT:?the run folder, on storage that all nodes see}

export MASTER_ADDR MASTER_PORT=29500
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)

srun bash -c 'accelerate launch --multi_gpu --num_machines "$SLURM_NNODES" \
  --num_processes $((SLURM_NNODES * 4)) --machine_rank "$SLURM_NODEID" \
  --main_process_ip "$MASTER_ADDR" --main_process_port "$MASTER_PORT" \
  --mixed_precision no --dynamo_backend no \
  -m tag2mask run "'"$DATA"'" --out "'"$OUT"'" --workers 6'
