#include "journal.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace sma::log {

bool is_read_by_journal(int descriptor) noexcept {
    auto const* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (!stream || ::fstat(descriptor, &status) != 0) return false;
    char mine[48];
    std::snprintf(mine, sizeof mine, "%ju:%ju", std::uintmax_t{status.st_dev}, std::uintmax_t{status.st_ino});
    return std::strcmp(stream, mine) == 0;
}

std::string_view journal_prefix(level l) noexcept {
    switch (l) {
        case level::debug:
            return "<7>";
        case level::info:
            return "<6>";
        case level::warn:
            return "<4>";
        case level::error:
            break;
    }
    return "<3>";
}

}  // namespace sma::log
