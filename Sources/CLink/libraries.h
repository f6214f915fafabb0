// Functions of glibc that are shown only with _GNU_SOURCE, under names of our own: that macro changes what other system
// headers declare and so breaks the modules that were made of them.
#pragma once

/// The beginning of struct dl_phdr_info.
struct loaded_library {
  unsigned long address;
  const char *path;
};

/// Calls back for every library of this process until one call does not return 0. dl_iterate_phdr(3)
int loaded_libraries(int (*visit)(struct loaded_library *library, unsigned long size, void *data), void *data)
    __asm__("dl_iterate_phdr");

/// Renames; with flag 2 both paths exist and change places at once. renameat2(2)
int rename_between(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags)
    __asm__("renameat2");

/// A limit of a process and its ceiling, as struct rlimit64.
struct process_limit {
  unsigned long now;
  unsigned long most;
};

/// Sets a limit of another process. prlimit(2)
int set_process_limit(int process, int resource, const struct process_limit *limit, struct process_limit *old)
    __asm__("prlimit64");

/// The names of a path's extended attributes, each ended by a zero; with size 0 only their length. llistxattr(2)
long attribute_names(const char *path, char *names, unsigned long size) __asm__("llistxattr");

/// The value of an extended attribute; with size 0 only its length. lgetxattr(2)
long attribute_value(const char *path, const char *name, void *value, unsigned long size) __asm__("lgetxattr");

/// Sets an extended attribute. lsetxattr(2)
int set_attribute(const char *path, const char *name, const void *value, unsigned long size, int flags)
    __asm__("lsetxattr");
