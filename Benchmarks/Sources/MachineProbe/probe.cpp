#include "machine_probe.h"

#if defined(__x86_64__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

namespace {
// Enough independent chains to hide the latency of a multiply-add in the widest registers there are (10 of 16 lanes).
constexpr int kLanes = 160;
volatile float sink;
}  // namespace

CLONES double probe_multiply_add(size_t rounds) {
  float a[kLanes];
  for (int i = 0; i < kLanes; ++i) a[i] = 0.5f + i;
  for (size_t r = 0; r < rounds; ++r) {
#pragma clang loop vectorize(enable) unroll(full)
    for (int i = 0; i < kLanes; ++i) a[i] = a[i] * 0.999f + 0.001f;
  }
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += a[i];
  sink = sum;
  return 2.0 * kLanes * static_cast<double>(rounds);
}

CLONES float probe_read(const float *values, size_t count) {
  float lanes[64] = {};
  for (size_t i = 0; i + 64 <= count; i += 64) {
#pragma clang loop vectorize(enable)
    for (int j = 0; j < 64; ++j) lanes[j] += values[i + j];
  }
  float sum = 0;
  for (float lane : lanes) sum += lane;
  return sum;
}
