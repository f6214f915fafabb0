#include "exact.h"

#include "panel.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "packed.h"

namespace strata {

namespace {

const char *Row(const strata_matrix &w, ptrdiff_t row) { return static_cast<const char *>(w.data) + row * w.row_bytes; }

void CopyFloats(const void *source, float *destination, ptrdiff_t count) {
  __builtin_memcpy(destination, source, static_cast<size_t>(count) * sizeof(float));
}

}  // namespace

ptrdiff_t SecondCache() {
#ifdef _SC_LEVEL2_CACHE_SIZE
  static const ptrdiff_t told = static_cast<ptrdiff_t>(sysconf(_SC_LEVEL2_CACHE_SIZE));
#else
  static const ptrdiff_t told = 0;
#endif
  constexpr ptrdiff_t kUsual = 512 * 1024;
  // A cache that many cores share does not count.
  return told <= 0 ? kUsual : std::clamp(told, kUsual / 2, 4 * kUsual);
}

ThreadBuffers &OwnBuffers() {
  thread_local ThreadBuffers buffers;
  return buffers;
}

bool InPlace(const strata_matrix &w) {
  return w.decode == nullptr && w.transposed == 0 && reinterpret_cast<uintptr_t>(w.data) % alignof(float) == 0;
}

const float *PanelRows(const strata_matrix &w, ptrdiff_t first, ptrdiff_t count, Buffer &scratch) {
  if (InPlace(w)) return reinterpret_cast<const float *>(Row(w, first));
  const strata_decode decode = w.decode != nullptr ? w.decode : CopyFloats;
  const ptrdiff_t width = w.columns;
  // A stored row of a transposed matrix gives one value to each row of the panel; it is decoded into the last `count` floats.
  float *panel = scratch.Floats(count * (width + (w.transposed != 0 ? 1 : 0)));
  if (w.transposed == 0) {
    for (ptrdiff_t i = 0; i < count; ++i) decode(Row(w, first + i), panel + i * width, width);
    return panel;
  }
  float *strip = panel + count * width;
  for (ptrdiff_t k = 0; k < width; ++k) {
    decode(Row(w, k) + first * w.value_bytes, strip, count);
    for (ptrdiff_t i = 0; i < count; ++i) panel[i * width + k] = strip[i];
  }
  return panel;
}

}  // namespace strata

void strata_decode_row(const strata_matrix *w, ptrdiff_t row, float *destination) {
  const float *values = strata::PanelRows(*w, row, 1, strata::OwnBuffers().row);
  __builtin_memcpy(destination, values, static_cast<size_t>(w->columns) * sizeof(float));
}
