// Tests of order: whatever a decoder was given before, a file gives the same result as in a process of its own.
#include "decode_answer.hpp"
#include "fuzz_one_image_pair.hpp"
#include "test_files.hpp"

#include "fuzz_corpus.hpp"

#include "catch.hpp"

#include "sma/core/metrics.hpp"
#include "sma/image/decoder_work.hpp"
#include "sma/serving/decode_pool.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

using namespace sma;
using namespace sma::image;
using namespace sma::image::test;

namespace {

constexpr int orders = 3;

/// glibc fills what it hands out with a byte of its own while this exists: pixels that nobody wrote differ then.
class allocator_fill {
public:
    explicit allocator_fill(int byte) { set(byte); }
    ~allocator_fill() { set(0); }
    allocator_fill(allocator_fill const&) = delete;
    allocator_fill& operator=(allocator_fill const&) = delete;

private:
    static void set([[maybe_unused]] int byte) {
#if defined(__GLIBC__)
        mallopt(M_PERTURB, byte);
#endif
    }
};

struct named_file {
    std::string name;
    std::string bytes;
};

void add_folder(std::vector<named_file>& files, std::filesystem::path const& folder) {
    for (auto const& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back({entry.path().filename().string(), read_file(entry.path())});
}

/// Each file whole and cut off in two places, then JPEGs that lack tables, and what $SMA_SHARED has.
std::vector<named_file> all_files() {
    std::vector<named_file> files;
    add_folder(files, std::filesystem::path(SMA_SOURCE_DIR) / "tests/fuzz/corpus/image");
    for (std::size_t i = 0, whole = files.size(); i < whole; ++i) {
        auto const [name, bytes] = files[i];
        files.push_back({name + ", half", bytes.substr(0, bytes.size() / 2)});
        files.push_back(
            {name + ", all but 20 bytes", bytes.substr(0, bytes.size() - std::min<std::size_t>(20, bytes.size()))});
    }
    for (auto const* name : {"baseline.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg"}) {
        auto const jpeg = corpus_file(name);
        files.push_back({std::string(name) + " without Huffman tables", without_segments(jpeg, jpeg_dht)});
        files.push_back({std::string(name) + " without quantization tables", without_segments(jpeg, jpeg_dqt)});
    }
    if (auto const shared = shared_folder()) {
        add_folder(files, *shared / "inputs/images");
        add_folder(files, *shared / "images");
    }
    return files;
}

std::vector<decode_answer> answers_alone(std::vector<named_file> const& files, decode_options const& options,
                                         preprocess_options const& how) {
    allocator_fill const fill(0x5a);
    std::vector<decode_answer> answers;
    for (auto const& file : files) answers.push_back(answer_alone(options, file.bytes, how));
    return answers;
}

void check_in_any_order(std::vector<named_file> const& files, decode_options const& options,
                        preprocess_options const& how = {}) {
    auto const expected = answers_alone(files, options, how);
    std::vector<std::size_t> order(files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (unsigned seed = 1; seed <= orders; ++seed) {
        std::shuffle(order.begin(), order.end(), std::mt19937(seed));
        allocator_fill const fill(static_cast<int>(seed * 31));
        decoder d{options};
        std::string before = "nothing";
        for (auto const i : order) {
            INFO(files[i].name << " after " << before << ", order " << seed);
            CHECK((answer_of(d, files[i].bytes, how) == expected[i]));
            before = files[i].name;
        }
    }
}

/// Each file's tensor, or its error's text, from a pool of so many threads that has all of them at once.
std::vector<std::string> answers_of_pool(int threads, std::vector<named_file> const& files) {
    serving::decode_pool_options options;
    options.threads = threads;
    options.images_max = files.size();
    metrics measures;
    boost::asio::io_context io;  // before the pool, whose threads use it to the last
    serving::decode_pool pool(options, measures, [] {
        decode_options patient;
        patient.decode_timeout = std::chrono::minutes(1);
        return make_decoder_work(patient);
    });
    std::vector<std::string_view> images;
    for (auto const& file : files) images.emplace_back(file.bytes);
    std::optional<result<serving::decode_output>> done;
    pool.async_decode(
        {request_context{}, input_format{32, 32, element_type::f32, 1.0F}, images},
        boost::asio::bind_executor(io, [&](result<serving::decode_output> r) { done.emplace(std::move(r)); }));
    while (!done) io.run_one();
    std::vector<std::string> answers;
    for (auto const& image : done->value().images) {
        answers.push_back(image.has_error()
                              ? image.error().message
                              : std::string(reinterpret_cast<char const*>(image->data()), image->format().bytes()));
    }
    return answers;
}

}  // namespace

TEST_CASE("a JPEG without Huffman tables has the standard's, never those of the file before it") {
    auto const standard = corpus_file("baseline.jpg");
    auto const bare = without_segments(standard, jpeg_dht);
    REQUIRE(bare.size() < standard.size());
    decoder d{decode_options{}};
    auto const wanted = d.decode_crop(standard).value();
    CHECK(d.decode_crop(bare).value() == wanted);
    REQUIRE(d.decode_crop(corpus_file("optimized_tables.jpg")).has_value());
    CHECK(d.decode_crop(bare).value() == wanted);
}

TEST_CASE("a JPEG without quantization tables is refused, whatever came before it") {
    auto const bare = without_segments(corpus_file("baseline.jpg"), jpeg_dqt);
    decoder d{decode_options{}};
    CHECK(d.decode_crop(bare).error().code == errc::preprocessing_failed);
    REQUIRE(d.decode_crop(corpus_file("baseline.jpg")).has_value());
    CHECK(d.decode_crop(bare).error().code == errc::preprocessing_failed);
}

TEST_CASE("files are answered alike in any order") {
    auto const files = all_files();
    decode_options options;
    options.decode_timeout = std::chrono::minutes(1);  // the machine may be busy
    check_in_any_order(files, options);
    options.allow_truncated = true;
    options.jpeg_shrink = true;
    preprocess_options bicubic;
    bicubic.filter = interpolation::bicubic;
    check_in_any_order(files, options, bicubic);
}

TEST_CASE("files that are decoded side by side are answered as one after the other") {
    auto const files = all_files();
    auto const expected = answers_of_pool(1, files);
    auto const beside = answers_of_pool(4, files);
    for (std::size_t i = 0; i < files.size(); ++i) {
        INFO(files[i].name);
        CHECK((beside[i] == expected[i]));
    }
}

TEST_CASE("the corpus of pairs runs through its fuzz target") {
    auto const files = sma::test::files_in(SMA_SOURCE_DIR "/tests/fuzz/corpus/image_pair");
    CHECK(files.size() >= 8);
    for (auto const& file : files) {
        INFO(file);
        fuzz_one_image_pair(read_file(file));
    }
}
