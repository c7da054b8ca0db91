#include "sma/batch/results_file.hpp"

#include "sma/batch/shard.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace sma::batch {
namespace {

error refused(std::string text) { return error(errc::validation_error, std::move(text)); }
error system_error(std::string const& what) { return error(errc::io_error, what + ": " + std::strerror(errno)); }

// One line after the other, those of a CSV file with the line feeds inside quotes.
class line_reader {
public:
    line_reader(std::filesystem::path const& file, output_format format)
        : input_(file, std::ios::binary), format_(format) {}

    bool is_open() const { return input_.is_open(); }
    /// False at the end. A last line that is not ended does not count.
    bool next(std::string& line) {
        line.clear();
        bool quoted = false;
        do {
            if (!std::getline(input_, part_) || input_.eof()) return false;
            bytes_ += part_.size() + 1;
            if (format_ == output_format::csv && std::count(part_.begin(), part_.end(), '"') % 2 != 0) quoted = !quoted;
            line += part_;
            if (quoted) line += '\n';
        } while (quoted);
        return true;
    }
    /// Up to the end of the last line returned.
    std::uintmax_t bytes() const { return bytes_; }

private:
    std::ifstream input_;
    output_format format_;
    std::string part_;
    std::uintmax_t bytes_ = 0;
};

}  // namespace

void finished_paths::add(std::string_view path) { hashes_.push_back(path_hash(path)); }

void finished_paths::seal() {
    std::sort(hashes_.begin(), hashes_.end());
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
}

bool finished_paths::contains(std::string_view path) const {
    return !hashes_.empty() && std::binary_search(hashes_.begin(), hashes_.end(), path_hash(path));
}

result<recovered_results> recover_results(std::filesystem::path const& file, results_options const& options) {
    recovered_results found;
    line_reader lines(file, options.format);
    if (!lines.is_open()) return system_error(file.string());
    std::size_t number = 0;
    std::size_t broken_at = 0;
    for (std::string line; lines.next(line);) {
        ++number;
        auto const parsed = parse_line(line, options.format);
        if (parsed.is == parsed_line::kind::broken) {
            if (broken_at == 0) broken_at = number;
            continue;
        }
        if (broken_at != 0)
            return refused(file.string() + ": line " + std::to_string(broken_at) +
                           " is not a record; nothing was changed");
        if (parsed.is == parsed_line::kind::header && line + '\n' != header_of(options.format, options.top_k))
            return refused(file.string() + " has other columns: resume with the --top-k of the first run");
        if (parsed.is == parsed_line::kind::record) found.finished.add(parsed.path);
        if (parsed.has_row) ++found.rows;
        found.good_bytes = lines.bytes();
    }
    if (found.good_bytes == 0 && broken_at != 0) return refused(file.string() + " is not a results file");
    found.finished.seal();
    return found;
}

results_file::results_file(int descriptor, bool owned, results_options const& options)
    : descriptor_(descriptor), owned_(owned), options_(options) {}

results_file::~results_file() {
    if (owned_) ::close(descriptor_);
}

result<std::unique_ptr<results_file>> results_file::open(std::filesystem::path const& file,
                                                         results_options const& options) {
    int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0) return system_error("cannot write " + file.string());
    std::unique_ptr<results_file> opened(new results_file(descriptor, true, options));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return refused(file.string() + " is being written by another process");
    auto const prepared = opened->prepare_file(file);
    if (!prepared) return prepared.error();
    return opened;
}

result<std::unique_ptr<results_file>> results_file::open_descriptor(int descriptor, results_options const& options) {
    std::unique_ptr<results_file> opened(new results_file(descriptor, false, options));
    auto const begun = opened->write_header();
    if (!begun) return begun.error();
    return opened;
}

result<void> results_file::prepare_file(std::filesystem::path const& file) {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return system_error(file.string());
    if (!S_ISREG(status.st_mode)) return write_header();
    auto keep = static_cast<std::uintmax_t>(status.st_size);
    if (keep > 0 && !options_.resume && !options_.overwrite)
        return refused(file.string() + " is not empty: --resume continues it, --overwrite replaces it");
    if (options_.resume) {
        auto recovered = recover_results(file, options_);
        if (!recovered) return recovered.error();
        finished_ = std::move(recovered->finished);
        keep = recovered->good_bytes;
        rows_ = recovered->rows;
    } else {
        keep = 0;
    }
    if (::ftruncate(descriptor_, static_cast<off_t>(keep)) != 0) return system_error("cannot repair " + file.string());
    return keep == 0 ? write_header() : result<void>();
}

result<void> results_file::write_header() {
    return options_.header ? write_all(header_of(options_.format, options_.top_k)) : result<void>();
}

result<void> results_file::write(record const& r) {
    line_.clear();
    append_record(line_, r, options_.format, options_.top_k);
    return write_all(line_);
}

result<void> results_file::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("cannot write results");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace sma::batch
