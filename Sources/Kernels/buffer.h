// Memory for floats, aligned to a cache line and kept between uses.
#ifndef STRATA_KERNELS_BUFFER_H
#define STRATA_KERNELS_BUFFER_H

#include <cstddef>
#include <cstdlib>
#include <new>

namespace strata {

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer() { std::free(floats_); }

  // Space for `count` floats; their values are lost when it must grow.
  float *Floats(ptrdiff_t count) {
    if (count > count_) {
      std::free(floats_);
      floats_ = nullptr;
      count_ = 0;
      const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + kLine - 1) / kLine * kLine;
      floats_ = static_cast<float *>(std::aligned_alloc(kLine, bytes));
      if (floats_ == nullptr) throw std::bad_alloc();
      count_ = count;
    }
    return floats_;
  }

 private:
  static constexpr size_t kLine = 64;
  float *floats_ = nullptr;
  ptrdiff_t count_ = 0;
};

// Buffers of the calling thread: for decoded or packed values, for a row during packing, for unfinished sums.
struct ThreadBuffers {
  Buffer panel, row, waiting;
};

ThreadBuffers &OwnBuffers();

}  // namespace strata

#endif
