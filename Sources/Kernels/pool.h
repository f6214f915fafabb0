// A persistent thread pool: one parallel loop at a time, tasks handed out by a counter.
#ifndef STRATA_KERNELS_POOL_H
#define STRATA_KERNELS_POOL_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
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

  // Runs body(task, thread) for every task < tasks; returns when all are done. Any thread may run any task, so a body's
  // result must not depend on the thread.
  template <class Body>
  void Run(ptrdiff_t tasks, const Body &body) {
    RunCall(tasks, {[](const void *own, ptrdiff_t task, ptrdiff_t thread) { (*static_cast<const Body *>(own))(task, thread); }, &body});
  }

  ptrdiff_t threads() const { return static_cast<ptrdiff_t>(workers_.size()) + 1; }

  // Memory that the loops of one call share.
  strata::Buffer &buffer() { return buffer_; }

 private:
  // A type-erased body, without allocation.
  struct Call {
    void (*run)(const void *body, ptrdiff_t task, ptrdiff_t thread);
    const void *body;
  };

  void RunCall(ptrdiff_t tasks, Call call);
  void Work(ptrdiff_t thread);
  void Drain(ptrdiff_t thread);

  std::vector<std::thread> workers_;
  strata::Buffer buffer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Odd while a call is open.
  std::atomic<uint64_t> call_number_{0};
  std::atomic<ptrdiff_t> next_{0};
  // The number of workers that may be at the open call's tasks.
  std::atomic<ptrdiff_t> inside_{0};
  std::atomic<bool> stop_{false};
  // The number of sleeping threads.
  std::atomic<ptrdiff_t> asleep_{0};
  ptrdiff_t tasks_ = 0;
  Call call_ = {};
};

#endif
