// A persistent thread pool: one parallel loop at a time, tasks handed out by a counter.
#ifndef STRATA_KERNELS_POOL_H
#define STRATA_KERNELS_POOL_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "buffer.h"

struct strata_pool {
 public:
  explicit strata_pool(ptrdiff_t threads);
  ~strata_pool();
  strata_pool(const strata_pool &) = delete;
  strata_pool &operator=(const strata_pool &) = delete;

  // Runs body(task, thread) for every task < tasks; returns when all are done. Which thread runs which task is left
  // open, so a body's result must not depend on it.
  void Run(ptrdiff_t tasks, const std::function<void(ptrdiff_t, ptrdiff_t)> &body);

  ptrdiff_t threads() const { return static_cast<ptrdiff_t>(workers_.size()) + 1; }

  // Memory that the loops of one call share.
  strata::Buffer &buffer() { return buffer_; }

 private:
  void Work(ptrdiff_t thread);
  void Drain(ptrdiff_t thread);

  std::vector<std::thread> workers_;
  strata::Buffer buffer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<uint64_t> generation_{0};
  std::atomic<ptrdiff_t> next_{0};
  std::atomic<ptrdiff_t> busy_{0};
  std::atomic<bool> stop_{false};
  ptrdiff_t tasks_ = 0;
  const std::function<void(ptrdiff_t, ptrdiff_t)> *body_ = nullptr;
};

#endif
