// Source of the file paths of a run; it never holds the whole list.
#pragma once

#include "sma/batch/record.hpp"
#include "sma/batch/results_file.hpp"
#include "sma/batch/shard.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sma::batch {

/// A file to be classified, or one that is known not to be readable.
struct source_entry {
    explicit source_entry(std::string p) : path(std::move(p)) {}
    std::string path;
    std::optional<failure> failed;
};

/// next() belongs to one thread at a time and may block on the file system; the others may be called on any thread.
class path_source {
public:
    virtual ~path_source() = default;
    /// Nothing at the end, and after stop().
    virtual std::optional<source_entry> next() = 0;
    virtual void stop() noexcept { stopped_ = true; }
    /// Files left out so far because their results are there already.
    std::uint64_t skipped() const noexcept { return skipped_; }

protected:
    bool stopped() const noexcept { return stopped_; }
    void count_skipped() noexcept { ++skipped_; }

private:
    std::atomic<bool> stopped_{false};
    std::atomic<std::uint64_t> skipped_{0};
};

struct file_source_options {
    std::vector<std::string> roots;               ///< files and directories; "-": names on standard input
    std::vector<std::string> globs;               ///< of file names inside directories, as fnmatch(3); empty: all
    std::vector<std::filesystem::path> excluded;  ///< files that the run itself writes
    shard part;
    finished_paths const* finished = nullptr;  ///< left out; must outlive the source
    int standard_input = 0;                    ///< descriptor of "-"
    char separator = '\n';                     ///< of its names; '\n' (lines may end with CR LF) or '\0'
};

/// Walks directories depth first in the order of the file system. Below a directory that was named: names that begin
/// with a dot are left out, symbolic links to files are followed, those to directories are not (so there are no
/// circles), and what is neither file nor directory is left out. A file that was named is taken whatever it is called.
/// Memory grows with the depth of the directories, not with the number of files.
class file_source : public path_source {
public:
    explicit file_source(file_source_options options);
    ~file_source() override;
    std::optional<source_entry> next() override;

private:
    class input_names;

    std::optional<source_entry> next_unfiltered();
    std::optional<source_entry> next_root();
    std::optional<source_entry> open_root(std::string const& root);
    std::optional<source_entry> open_directory(std::filesystem::path const& directory);
    std::optional<source_entry> visit(std::filesystem::directory_entry const& found);
    bool is_wanted_name(std::string const& name) const;
    bool is_excluded(std::filesystem::path const& file) const;

    file_source_options options_;
    std::size_t next_root_ = 0;
    std::unique_ptr<input_names> input_;
    std::vector<std::filesystem::directory_iterator> open_directories_;
};

/// One file, a number of times: a load.
class repeated_source : public path_source {
public:
    repeated_source(std::string path, std::uint64_t times) : path_(std::move(path)), left_(times) {}
    std::optional<source_entry> next() override;

private:
    std::string path_;
    std::uint64_t left_;
};

}  // namespace sma::batch
