// Results file, which survives a kill and can be resumed; or standard output.
#pragma once

#include "sma/batch/record_format.hpp"
#include "sma/core/error.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sma::batch {

/// The paths that a results file already holds, as their path_hash(), 8 bytes each. Immutable once sealed, then read on
/// any thread.
class finished_paths {
public:
    void add(std::string_view path);
    /// After the last add(), before the first contains().
    void seal();
    bool contains(std::string_view path) const;
    std::size_t size() const noexcept { return hashes_.size(); }

private:
    std::vector<std::uint64_t> hashes_;
};

struct results_options {
    output_format format = output_format::jsonl;
    int top_k = 1;           ///< predictions in a record
    bool resume = false;     ///< keep the content, cut off a torn end
    bool overwrite = false;  ///< discard the content
    bool header = true;      ///< begin an empty CSV file with its header
};

/// The valid part of a results file, without a torn end.
struct recovered_results {
    finished_paths finished;
    std::uintmax_t good_bytes = 0;
    std::uint64_t rows = 0;  ///< of the embeddings file
};
/// Reads a whole file of results. A last line without its line feed, and lines at the end that are no records, count as
/// torn. Errors (validation_error): a line before a good one is no record; other columns than `options` would write.
result<recovered_results> recover_results(std::filesystem::path const& file, results_options const& options);

/// One write(2) a record, so that a kill loses at most the record being written. Belongs to one thread.
class results_file {
public:
    /// Opens and locks. Errors: validation_error (the file has content and neither resume nor overwrite was asked for,
    /// another process writes it, it is not a file of results), io_error.
    static result<std::unique_ptr<results_file>> open(std::filesystem::path const& file,
                                                      results_options const& options);
    /// A descriptor that stays open afterwards, e.g. standard output.
    static result<std::unique_ptr<results_file>> open_descriptor(int descriptor, results_options const& options);
    ~results_file();
    results_file(results_file const&) = delete;
    results_file& operator=(results_file const&) = delete;

    /// Error: io_error, with what the system said (no space, the reader of a pipe has gone).
    result<void> write(record const& r);
    finished_paths const& finished() const noexcept { return finished_; }
    /// Rows of an embeddings file that the content names.
    std::uint64_t rows() const noexcept { return rows_; }

private:
    results_file(int descriptor, bool owned, results_options const& options);
    result<void> prepare_file(std::filesystem::path const& file);
    result<void> write_header();
    result<void> write_all(std::string_view bytes);

    int descriptor_;
    bool owned_;
    results_options options_;
    finished_paths finished_;
    std::uint64_t rows_ = 0;
    std::string line_;
};

}  // namespace sma::batch
