#!/usr/bin/env bash
set -euo pipefail
# Neither the course nor the results are anything that a submission can open.
cd /autograder
mkdir -p results
chmod 700 source results submission
exec source/node source/hs-course.mjs autograde source/course.toml submission --results results/results.json
