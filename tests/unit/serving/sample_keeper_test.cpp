// Tests of the images that are kept for labeling: which, how many, and what a full or failing disk does.
#include "sma/serving/sample_keeper.hpp"

#include "eventually.hpp"
#include "files.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <boost/json/parse.hpp>

#include <atomic>
#include <cmath>

using namespace sma;
using namespace sma::serving;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

class kept_samples {
public:
    kept_samples() {
        options.directory = folder.path();
        options.confidence_min = 0.4;
        options.confidence_max = 0.8;
        options.bytes_max = 1 << 20;
        options.format_of = [](std::string_view) { return std::string("jpeg"); };
        options.now = [this] { return began + std::chrono::minutes(minutes.load()); };
        model->labels = {"cat", "dog"};
        model->architecture = "ResNet-50";
    }
    void start() { keeper.emplace(options, counters); }

    /// One image whose best class has this confidence.
    void see(double confidence, std::string_view image = "pixels") {
        auto const logit = static_cast<float>(std::log(confidence / (1 - confidence)));
        see(std::vector<float>{0, logit}, image);
    }
    void see(result<std::vector<float>> logits, std::string_view image = "pixels") {
        classification c;
        c.model = model;
        c.logits.push_back(std::move(logits));
        request_context context;
        context.correlation_id = "an-id";
        keeper->saw(context, std::vector<std::string_view>{image}, c);
    }

    std::size_t files() const { return files_in(folder.path()).size(); }
    bool has(std::string const& series) const { return counters.expose().find(series + "\n") != std::string::npos; }
    /// Waits for the thread.
    bool settles_at(std::string const& series) const {
        return eventually([&] { return has(series); }, patience);
    }

    temporary_folder folder;
    sample_options options;
    std::shared_ptr<model_instance> model = std::make_shared<model_instance>();
    steady_time const began = std::chrono::steady_clock::now();
    std::atomic<int> minutes{0};  ///< since then, as the keeper sees it
    metrics counters;
    std::optional<sample_keeper> keeper;
};

}  // namespace

TEST_CASE("images between the two confidences are kept, with what was predicted", "[sample_keeper]") {
    kept_samples kept;
    kept.start();
    kept.see(0.95);
    kept.see(0.6, "unsure pixels");
    kept.see(error(errc::preprocessing_failed, "no image"));
    REQUIRE(kept.settles_at("samples_kept_total 1"));
    auto const files = files_in(kept.folder.path());
    REQUIRE(files.size() == 2);
    CHECK(read_file(files[0]) == "unsure pixels");
    CHECK(files[0].extension() == ".jpeg");
    CHECK(files[0].stem() == files[1].stem());
    CHECK((fs::status(files[0]).permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
    auto const json = boost::json::parse(read_file(files[1]));
    CHECK(json.at("correlation_id") == "an-id");
    CHECK(json.at("model") == "ResNet-50");
    CHECK(json.at("predictions").at(0).at("class_name") == "dog");
    CHECK(json.at("predictions").at(0).at("confidence").as_double() == 0.6);
    CHECK_THAT(std::string(json.at("time").as_string()), ContainsSubstring("T") && ContainsSubstring("Z"));
}

TEST_CASE("no more are kept in an hour than allowed, and again in the next", "[sample_keeper]") {
    kept_samples kept;
    kept.options.per_hour_max = 2;
    kept.start();
    for (int i = 0; i < 5; ++i) kept.see(0.6);
    CHECK(kept.settles_at("samples_kept_total 2"));
    CHECK(kept.has("samples_dropped_total{reason=\"hour\"} 3"));
    kept.minutes = 59;
    kept.see(0.6);
    CHECK(kept.has("samples_dropped_total{reason=\"hour\"} 4"));
    kept.minutes = 60;
    kept.see(0.6);
    CHECK(kept.settles_at("samples_kept_total 3"));
    CHECK(kept.files() == 6);
}

TEST_CASE("what is in the directory already counts as its size, and what was left unfinished is removed",
          "[sample_keeper]") {
    kept_samples kept;
    kept.options.bytes_max = 2'000;
    write_file(kept.folder / "old.jpeg", std::string(1'000, 'x'));
    write_file(kept.folder / "cut.jpeg.part", std::string(5'000, 'x'));
    kept.start();
    kept.see(0.6, std::string(500, 'y'));
    CHECK(kept.settles_at("samples_kept_total 1"));
    kept.see(0.6, std::string(500, 'z'));
    CHECK(kept.settles_at("samples_dropped_total{reason=\"bytes\"} 1"));
    CHECK(kept.files() == 3);
    // Somebody moves a file away.
    fs::remove(kept.folder / "old.jpeg");
    kept.see(0.6, std::string(500, 'z'));
    CHECK(kept.settles_at("samples_dropped_total{reason=\"bytes\"} 2"));
    kept.minutes = 1;
    kept.see(0.6, std::string(500, 'z'));
    CHECK(kept.settles_at("samples_kept_total 2"));
}

TEST_CASE("memory for images that wait to be written is bounded", "[sample_keeper]") {
    kept_samples kept;
    kept.options.waiting_bytes_max = 100;
    kept.start();
    kept.see(0.6, std::string(101, 'x'));
    CHECK(kept.has("samples_dropped_total{reason=\"memory\"} 1"));
    kept.see(0.6, std::string(100, 'x'));
    CHECK(kept.settles_at("samples_kept_total 1"));
}

TEST_CASE("a directory that is gone costs the images and nothing else", "[sample_keeper]") {
    kept_samples kept;
    kept.start();
    kept.see(0.6);
    REQUIRE(kept.settles_at("samples_kept_total 1"));
    fs::remove_all(kept.folder.path());
    kept.see(0.6);
    CHECK(kept.settles_at("samples_dropped_total{reason=\"disk\"} 1"));
    fs::create_directory(kept.folder.path());
    kept.see(0.6);
    CHECK(kept.settles_at("samples_kept_total 2"));
}

TEST_CASE("a directory that cannot be used is told before anything is served", "[sample_keeper]") {
    kept_samples kept;
    CHECK(check_sample_options(kept.options));
    CHECK(kept.files() == 0);
    kept.options.directory = kept.folder / "none";
    CHECK_THAT(check_sample_options(kept.options).error().message, ContainsSubstring("not a directory"));
    kept.options.confidence_min = 0.8;
    CHECK(check_sample_options(kept.options).error().code == errc::invalid_setting);
}
