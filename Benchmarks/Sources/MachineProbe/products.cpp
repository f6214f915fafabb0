// The float32 peak: chains of multiply-adds that depend on nothing in memory, enough of them to hide their latency.
//
// What is multiplied and added is read from volatile variables, so that no compiler can know the result.
#include "machine_probe.h"
#include "team.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

volatile float factor = 0.999f;
volatile float summand = 0.001f;
volatile float sink;

// Twelve chains: a latency of four cycles or five at two a cycle, and four registers to spare of sixteen.
constexpr int kChains = 12;
// Thirty-two registers leave room for twice as many.
constexpr int kManyChains = 24;

// Runs `rounds` rounds; operations done.
using Run = double (*)(size_t rounds);

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) double run_avx2(size_t rounds) {
  const __m256 by = _mm256_set1_ps(factor), plus = _mm256_set1_ps(summand);
  __m256 chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = _mm256_set1_ps(0.5f + i);
  for (size_t r = 0; r < rounds; ++r) {
#pragma clang loop unroll(full)
    for (int i = 0; i < kChains; ++i) chains[i] = _mm256_fmadd_ps(chains[i], by, plus);
  }
  __m256 sum = chains[0];
  for (int i = 1; i < kChains; ++i) sum = _mm256_add_ps(sum, chains[i]);
  sink = _mm256_cvtss_f32(sum);
  return 2.0 * 8 * kChains * static_cast<double>(rounds);
}

__attribute__((target("avx512f"))) double run_avx512(size_t rounds) {
  const __m512 by = _mm512_set1_ps(factor), plus = _mm512_set1_ps(summand);
  __m512 chains[kManyChains];
  for (int i = 0; i < kManyChains; ++i) chains[i] = _mm512_set1_ps(0.5f + i);
  for (size_t r = 0; r < rounds; ++r) {
#pragma clang loop unroll(full)
    for (int i = 0; i < kManyChains; ++i) chains[i] = _mm512_fmadd_ps(chains[i], by, plus);
  }
  __m512 sum = chains[0];
  for (int i = 1; i < kManyChains; ++i) sum = _mm512_add_ps(sum, chains[i]);
  sink = _mm512_cvtss_f32(sum);
  return 2.0 * 16 * kManyChains * static_cast<double>(rounds);
}
#endif

// Whatever the compiler has for four lanes: NEON's fused multiply-add, SSE's product and sum.
typedef float Lanes __attribute__((vector_size(16)));

double run_lanes(size_t rounds) {
  const float by = factor, plus = summand;
  const Lanes factors = {by, by, by, by}, summands = {plus, plus, plus, plus};
  Lanes chains[kManyChains];
  for (int i = 0; i < kManyChains; ++i) chains[i] = Lanes{0.5f, 1.5f, 2.5f, 3.5f} + static_cast<float>(i);
  for (size_t r = 0; r < rounds; ++r) {
#pragma clang loop unroll(full)
    for (int i = 0; i < kManyChains; ++i) chains[i] = chains[i] * factors + summands;
  }
  Lanes sum = chains[0];
  for (int i = 1; i < kManyChains; ++i) sum += chains[i];
  sink = sum[0];
  return 2.0 * 4 * kManyChains * static_cast<double>(rounds);
}

struct Registers {
  const char *name;
  Run run;
};

Registers widest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {"AVX-512", run_avx512};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {"AVX2", run_avx2};
#endif
  return {"128-bit vectors", run_lanes};
}

}  // namespace

double probe_multiply_adds(ptrdiff_t threads, size_t rounds) {
  const Run run = widest().run;
  std::vector<double> operations(threads);
  const double seconds = seconds_together(threads, [&](ptrdiff_t i) { operations[i] = run(rounds); });
  double all = 0;
  for (double one : operations) all += one;
  return all / seconds;
}

const char *probe_registers(void) { return widest().name; }
