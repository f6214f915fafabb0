// Threads that begin together, each on a processor of its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "pinning.h"

// Runs body(i) on `threads` threads at once; seconds from the first one's beginning to the last one's end.
template <typename Body>
double seconds_together(ptrdiff_t threads, const Body &body) {
  using Clock = std::chrono::steady_clock;
  std::atomic<ptrdiff_t> waiting{threads};
  std::vector<Clock::time_point> begins(threads), ends(threads);
  // Asked before any thread is pinned.
  const std::vector<int> processors = spread_processors();
  const auto work = [&](ptrdiff_t i) {
    const Pin pin(processors, i);
    --waiting;
    while (waiting.load() > 0) std::this_thread::yield();
    begins[i] = Clock::now();
    body(i);
    ends[i] = Clock::now();
  };
  std::vector<std::thread> team;
  for (ptrdiff_t i = 1; i < threads; ++i) team.emplace_back(work, i);
  work(0);
  for (std::thread &thread : team) thread.join();
  const std::chrono::duration<double> time =
      *std::max_element(ends.begin(), ends.end()) - *std::min_element(begins.begin(), begins.end());
  return time.count();
}
