// curl_easy_setopt and curl_easy_getinfo take any type, which Swift cannot call: one function for each type that is used.
#include <curl/curl.h>

static inline CURLcode strata_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode strata_curl_set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

static inline CURLcode strata_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}

typedef size_t (*strata_curl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode strata_curl_set_receivers(CURL *handle, strata_curl_receiver body, strata_curl_receiver head, void *context) {
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, head);
  return curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}

static inline long strata_curl_get_number(CURL *handle, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(handle, info, &value);
  return value;
}
