#include "sma/batch/path_source.hpp"

#include <fnmatch.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sma::batch {
namespace {

namespace fs = std::filesystem;

constexpr int poll_ms = 50;
constexpr std::size_t name_bytes_max = 64 * 1024;

source_entry unreadable(fs::path const& path, std::error_code const& why) {
    source_entry entry(path.string());
    entry.failed.emplace("IO_ERROR", "cannot be read: " + why.message());
    return entry;
}

// No name has a zero byte: the whole list is not what it was taken for.
source_entry separated_by_zeros(std::string const& names) {
    source_entry entry(names.substr(0, names.find('\0')));
    entry.failed.emplace("IO_ERROR", "the list on standard input has zero bytes between its names: -0 reads it");
    return entry;
}

}  // namespace

// Names on a descriptor that may stay silent: waits in short steps, so that stop() is heard.
class file_source::input_names {
public:
    input_names(int descriptor, char separator, file_source const& owner)
        : descriptor_(descriptor), separator_(separator), owner_(owner) {}

    std::optional<std::string> next() {
        for (;;) {
            auto const end = buffer_.find(separator_, begin_);
            if (end != std::string::npos) {
                auto name = without_carriage_return(buffer_.substr(begin_, end - begin_));
                begin_ = end + 1;
                if (!name.empty()) return name;
                continue;
            }
            buffer_.erase(0, begin_);
            begin_ = 0;
            if (!fill()) return last_name();
        }
    }

private:
    bool fill() {
        pollfd waited{descriptor_, POLLIN, 0};
        while (::poll(&waited, 1, poll_ms) == 0)
            if (owner_.stopped()) return false;
        std::array<char, 4096> bytes;
        auto const got = ::read(descriptor_, bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) return true;
        if (got <= 0 || buffer_.size() > name_bytes_max) return false;
        buffer_.append(bytes.data(), static_cast<std::size_t>(got));
        return true;
    }

    std::optional<std::string> last_name() {
        auto name = without_carriage_return(std::exchange(buffer_, {}));
        if (name.empty() || owner_.stopped()) return std::nullopt;
        return name;
    }

    std::string without_carriage_return(std::string line) const {
        if (separator_ == '\n' && line.ends_with('\r')) line.pop_back();
        return line;
    }

    int descriptor_;
    char separator_;
    file_source const& owner_;
    std::string buffer_;
    std::size_t begin_ = 0;
};

file_source::file_source(file_source_options options) : options_(std::move(options)) {}

file_source::~file_source() = default;

std::optional<source_entry> file_source::next() {
    while (!stopped()) {
        auto entry = next_unfiltered();
        if (!entry) return std::nullopt;
        if (!options_.part.contains(entry->path)) continue;
        if (options_.finished != nullptr && options_.finished->contains(entry->path)) {
            count_skipped();
            continue;
        }
        return entry;
    }
    return std::nullopt;
}

std::optional<source_entry> file_source::next_unfiltered() {
    while (!stopped()) {
        if (open_directories_.empty()) {
            if (!input_ && next_root_ == options_.roots.size()) return std::nullopt;
            if (auto entry = next_root()) return entry;
            continue;
        }
        auto& top = open_directories_.back();
        if (top == fs::directory_iterator()) {
            open_directories_.pop_back();
            continue;
        }
        auto const found = *top;
        std::error_code failed;
        top.increment(failed);
        if (failed) top = fs::directory_iterator();
        if (auto entry = visit(found)) return entry;
    }
    return std::nullopt;
}

std::optional<source_entry> file_source::next_root() {
    if (input_) {
        auto const name = input_->next();
        if (name && name->find('\0') == std::string::npos) return open_root(*name);
        input_.reset();
        if (name) return separated_by_zeros(*name);
        return std::nullopt;
    }
    auto const& root = options_.roots[next_root_++];
    if (root != "-") return open_root(root);
    input_ = std::make_unique<input_names>(options_.standard_input, options_.separator, *this);
    return std::nullopt;
}

std::optional<source_entry> file_source::open_root(std::string const& root) {
    std::error_code ignored;
    if (fs::is_directory(root, ignored)) return open_directory(root);
    return source_entry(root);
}

std::optional<source_entry> file_source::open_directory(fs::path const& directory) {
    std::error_code failed;
    fs::directory_iterator opened(directory, failed);
    if (failed) return unreadable(directory, failed);
    open_directories_.push_back(std::move(opened));
    return std::nullopt;
}

std::optional<source_entry> file_source::visit(fs::directory_entry const& found) {
    auto const& path = found.path();
    auto const name = path.filename().string();
    if (name.empty() || name.front() == '.') return std::nullopt;
    std::error_code ignored;
    bool const link = found.is_symlink(ignored);
    auto const kind = found.status(ignored).type();
    if (kind == fs::file_type::directory) return link ? std::nullopt : open_directory(path);
    // A file that vanished or cannot be looked at is taken, so that its record says so.
    bool const file = kind == fs::file_type::regular || kind == fs::file_type::not_found || kind == fs::file_type::none;
    if (!file || !is_wanted_name(name) || is_excluded(path)) return std::nullopt;
    return source_entry(path.string());
}

bool file_source::is_wanted_name(std::string const& name) const {
    auto const matches = [&](std::string const& glob) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; };
    return options_.globs.empty() || std::any_of(options_.globs.begin(), options_.globs.end(), matches);
}

bool file_source::is_excluded(fs::path const& file) const {
    return std::any_of(options_.excluded.begin(), options_.excluded.end(), [&](fs::path const& other) {
        std::error_code ignored;
        return file.filename() == other.filename() && fs::equivalent(file, other, ignored);
    });
}

std::optional<source_entry> repeated_source::next() {
    if (stopped() || left_ == 0) return std::nullopt;
    --left_;
    return source_entry(path_);
}

}  // namespace sma::batch
