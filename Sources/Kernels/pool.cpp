#include "exact.h"

#include "pool.h"

#include <new>
#include <system_error>

#include "include/strata_kernels.h"

namespace {

// Loops of one token follow each other within microseconds, so a thread spins for a while before it sleeps.
constexpr int kPatience = 2000;

inline void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

strata_pool::strata_pool(ptrdiff_t threads) {
  try {
    for (ptrdiff_t i = 1; i < threads; ++i) workers_.emplace_back([this, i] { Work(i); });
  } catch (...) {
    stop_ = true;
    wake_.notify_all();
    for (auto &worker : workers_) worker.join();
    throw;
  }
}

strata_pool::~strata_pool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (auto &worker : workers_) worker.join();
}

void strata_pool::Drain(ptrdiff_t thread) {
  for (;;) {
    const ptrdiff_t task = next_.fetch_add(1, std::memory_order_relaxed);
    if (task >= tasks_) return;
    call_.run(call_.body, task, thread);
  }
}

void strata_pool::Work(ptrdiff_t thread) {
  uint64_t seen = 0;
  for (;;) {
    for (int looks = 0; generation_.load(std::memory_order_acquire) == seen && !stop_; ++looks) {
      if (looks < kPatience) {
        Relax();
        continue;
      }
      std::unique_lock<std::mutex> lock(mutex_);
      // The thread is counted before its last check: a later call sees the count, and the check sees an earlier call.
      asleep_.fetch_add(1);
      wake_.wait(lock, [&] { return stop_ || generation_.load() != seen; });
      asleep_.fetch_sub(1);
    }
    if (stop_) return;
    seen = generation_.load(std::memory_order_acquire);
    Drain(thread);
    busy_.fetch_sub(1, std::memory_order_release);
  }
}

void strata_pool::RunCall(ptrdiff_t tasks, Call call) {
  if (tasks <= 0) return;
  if (workers_.empty() || tasks == 1) {
    for (ptrdiff_t task = 0; task < tasks; ++task) call.run(call.body, task, 0);
    return;
  }
  tasks_ = tasks;
  call_ = call;
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<ptrdiff_t>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1);
  if (asleep_.load() > 0) {
    // A thread that is counted and not yet asleep holds the lock.
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  Drain(0);
  // A preempted thread may need this thread's processor.
  for (int looks = 0; busy_.load(std::memory_order_acquire) != 0; ++looks) {
    if (looks < kPatience) {
      Relax();
    } else {
      std::this_thread::yield();
    }
  }
}

strata_pool *strata_pool_create(ptrdiff_t threads) {
  try {
    return new strata_pool(threads < 1 ? 1 : threads);
  } catch (const std::exception &) {
    return nullptr;
  }
}

void strata_parallel(strata_pool *pool, ptrdiff_t tasks, void (*body)(void *, ptrdiff_t), void *context) {
  pool->Run(tasks, [&](ptrdiff_t task, ptrdiff_t) { body(context, task); });
}

void strata_pool_destroy(strata_pool *pool) { delete pool; }
