// One processor for each thread: two threads on one core would share its registers' units, and the peak would read half.
#pragma once

#include <cstddef>

#if defined(__linux__)
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <utility>
#include <vector>

// A number in a file of sysfs; -1 when there is none.
inline int stored_number(const char *form, int processor) {
  char path[128];
  std::snprintf(path, sizeof path, form, processor);
  std::FILE *file = std::fopen(path, "r");
  if (file == nullptr) return -1;
  int value = -1;
  if (std::fscanf(file, "%d", &value) != 1) value = -1;
  std::fclose(file);
  return value;
}

// The processors that this process may use, the first of each core before the second of any.
inline std::vector<int> spread_processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  std::vector<int> firsts, others;
  std::set<std::pair<int, int>> cores;
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &allowed)) continue;
    const int package = stored_number("/sys/devices/system/cpu/cpu%d/topology/physical_package_id", processor);
    const int core = stored_number("/sys/devices/system/cpu/cpu%d/topology/core_id", processor);
    (core < 0 || cores.insert({package, core}).second ? firsts : others).push_back(processor);
  }
  firsts.insert(firsts.end(), others.begin(), others.end());
  return firsts;
}

// Keeps the calling thread on one processor until the end of its scope.
class Pin {
 public:
  Pin(const std::vector<int> &processors, ptrdiff_t thread) {
    if (processors.empty() || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(processors[thread % processors.size()], &own);
    pinned_ = sched_setaffinity(0, sizeof own, &own) == 0;
  }
  ~Pin() {
    if (pinned_) sched_setaffinity(0, sizeof before_, &before_);
  }
  Pin(const Pin &) = delete;
  Pin &operator=(const Pin &) = delete;

 private:
  cpu_set_t before_;
  bool pinned_ = false;
};

#else
#include <vector>

inline std::vector<int> spread_processors() { return {}; }

// Systems without such calls place threads themselves.
class Pin {
 public:
  Pin(const std::vector<int> &, ptrdiff_t) {}
};
#endif
