// Memory bandwidth: a block much larger than the caches, read once from beginning to end.
#include <cstdint>

#include "machine_probe.h"
#include "team.h"

namespace {

typedef uint64_t Lanes __attribute__((vector_size(16)));
volatile uint64_t sink;

// A cache line of four vectors is combined at a time; the units that combine are idle most of the time.
constexpr size_t kLine = 64;

Lanes read_line(const char *at) {
  const Lanes *lanes = reinterpret_cast<const Lanes *>(at);
  return (lanes[0] ^ lanes[1]) ^ (lanes[2] ^ lanes[3]);
}

// Reads `lines` cache lines from `start`, in `streams` equal parts side by side.
template <int streams>
void read(const char *start, size_t lines) {
  const size_t each = lines / streams;
  Lanes sums[streams] = {};
  for (size_t line = 0; line < each; ++line) {
#pragma clang loop unroll(full)
    for (int s = 0; s < streams; ++s) sums[s] ^= read_line(start + (s * each + line) * kLine);
  }
  Lanes all = sums[0];
  for (int s = 1; s < streams; ++s) all ^= sums[s];
  sink = all[0] ^ all[1];
}

}  // namespace

double probe_reads(ptrdiff_t threads, const void *block, size_t bytes, ptrdiff_t streams) {
  const char *start = static_cast<const char *>(block);
  const size_t lines = bytes / kLine / threads / 4 * 4;
  const double seconds = seconds_together(threads, [&](ptrdiff_t i) {
    const char *own = start + i * lines * kLine;
    if (streams >= 4) {
      read<4>(own, lines);
    } else {
      read<1>(own, lines);
    }
  });
  return static_cast<double>(lines * kLine * threads) / seconds;
}
