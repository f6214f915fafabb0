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
  const auto is_new = [&](uint64_t call) { return call % 2 != 0 && call != seen; };
  for (;;) {
    for (int looks = 0; !is_new(call_number_.load(std::memory_order_acquire)) && !stop_; ++looks) {
      if (looks < kPatience) {
        Relax();
        continue;
      }
      std::unique_lock<std::mutex> lock(mutex_);
      // The thread is counted before its last check: a later call sees the count, and the check sees an earlier call.
      asleep_.fetch_add(1);
      wake_.wait(lock, [&] { return stop_ || is_new(call_number_.load()); });
      asleep_.fetch_sub(1);
    }
    if (stop_) return;
    // The thread is counted before it looks again: either it sees that the call has closed, or the call waits for it.
    inside_.fetch_add(1);
    const uint64_t call = call_number_.load();
    if (is_new(call)) {
      seen = call;
      Drain(thread);
    }
    inside_.fetch_sub(1, std::memory_order_release);
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
  call_number_.fetch_add(1);
  if (asleep_.load() > 0) {
    // A thread that is counted and not yet asleep holds the lock.
    { std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }
  Drain(0);
  // All tasks are taken: threads that have not come yet are not waited for. Where other programs have the processors, they may
  // come a time slice later.
  call_number_.fetch_add(1);
  for (int looks = 0; inside_.load() != 0; ++looks) {
    if (looks < kPatience) {
      Relax();
    } else {
      // A preempted thread may need this thread's processor.
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
