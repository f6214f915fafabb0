// Memory for floats that starts at a cache line and is kept between uses.
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

  // Room for `count` floats, whose values are lost when it has to grow.
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

// Those of the calling thread: for what is decoded or packed, for a row on the way there, for sums that are not yet whole.
struct ThreadBuffers {
  Buffer panel, row, kept;
};

ThreadBuffers &OwnBuffers();

}  // namespace strata

#endif
