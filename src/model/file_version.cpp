#include "sma/model/file_version.hpp"

#include "sma/core/errno_error.hpp"
#include "sma/model/file_bytes.hpp"

#include <sys/stat.h>

#include <cerrno>

namespace sma::model {
namespace {

file_version version_of(struct stat const& status) {
    return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
}

}  // namespace

result<file_version> file_version::of(std::filesystem::path const& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return file_error(file, "opened", errno);
    return version_of(status);
}

result<file_version> file_version::of(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return errno_error("a file cannot be read");
    return version_of(status);
}

}  // namespace sma::model
