// Tests of `model calibrate`: labeled photos in folders and in a list, and what a server then says.
#include "batch_run.hpp"

#include "bodies.hpp"
#include "server_process.hpp"

#include <boost/json/parse.hpp>

#include "catch.hpp"

using namespace sma::test;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

/// A copy of the narrow model that may be written to.
class own_weights {
public:
    own_weights() {
        fs::copy_file(narrow_weights(), path());
        fs::copy_file(fs::path(narrow_weights()).replace_extension(".labels.txt"), folder_ / "own.labels.txt");
    }
    fs::path path() const { return folder_ / "own.safetensors"; }
    fs::path operator/(std::string_view name) const { return folder_ / name; }

    command_result calibrate(fs::path const& labels_from) const {
        return run_command(server_program(),
                           {"model", "calibrate", path().string(), "--labels-from", labels_from.string()});
    }
    /// Of the best class of star-1.jpg, as /predict says.
    static double confidence(server_process const& server) {
        auto const answer = server.ask(post_image("/predict", sample_bytes()));
        auto const json = boost::json::parse(answer.body);
        return json.at("predictions").at(0).at("confidence").to_number<double>();
    }

private:
    temporary_folder folder_;
};

/// "star" of "star-1.jpg".
std::string class_of(fs::path const& sample) {
    auto const name = sample.stem().string();
    return name.substr(0, name.rfind('-'));
}

std::vector<fs::path> samples() { return files_in(sample("star-1.jpg").parent_path()); }

}  // namespace

TEST_CASE("A model whose photos are often labeled otherwise becomes less sure, and /info says so") {
    own_weights const weights;
    auto const photos = weights / "photos";
    for (auto const& file : samples()) {
        fs::create_directories(photos / class_of(file));
        fs::copy_file(file, photos / class_of(file) / file.filename());
    }
    // Six of them a second time, as what they are not, and one as what the model does not know.
    for (int i = 0; i < 6; ++i) fs::copy_file(sample("star-1.jpg"), photos / "ring" / (std::to_string(i) + ".jpg"));
    fs::create_directories(photos / "no class of the model");
    fs::copy_file(sample("star-1.jpg"), photos / "no class of the model/x.jpg");

    double before = 0;
    {
        server_process const server(std::vector<std::string>{"--weights", weights.path().string()});
        CHECK(server.get_json("/info").at("model").at("calibration").is_null());
        before = own_weights::confidence(server);
    }
    auto const ran = weights.calibrate(photos);
    INFO(ran.errors);
    REQUIRE(ran.status == 0);
    auto const count = samples().size() + 6;
    CHECK_THAT(ran.output, ContainsSubstring("fitted on " + std::to_string(count) + " photos") &&
                               ContainsSubstring("1 photos were left out") &&
                               ContainsSubstring("written to " + weights.path().string()));
    CHECK_THAT(read_file(weights / "own.reliability.svg"), ContainsSubstring("calibration error"));

    server_process const server(std::vector<std::string>{"--weights", weights.path().string()});
    auto const calibration = server.get_json("/info").at("model").at("calibration");
    CHECK(calibration.at("photos") == count);
    CHECK(calibration.at("temperature").to_number<double>() > 1);
    CHECK(own_weights::confidence(server) < before);
}

TEST_CASE("Labels from a list, by class index, with paths from its folder") {
    own_weights const weights;
    std::string list;
    for (int i = 0; i < 24; ++i) {
        auto const name = std::to_string(i) + ".jpg";
        fs::copy_file(sample("star-1.jpg"), weights / name);
        list += name + (i % 4 == 0 ? "\t0\n" : "\tstar\n");
    }
    write_file(weights / "list.tsv", list);
    auto const ran = weights.calibrate(weights / "list.tsv");
    INFO(ran.errors);
    CHECK(ran.status == 0);
    CHECK_THAT(ran.output, ContainsSubstring("fitted on 24 photos; top class right 75.0 %"));
}

TEST_CASE("Of an ONNX file the temperature is kept beside it, and a server finds it there") {
    if (!fs::exists(fs::path(server_program()).parent_path() / "parts/onnx.so")) {
        WARN("skipped: built without ONNX Runtime");
        return;
    }
    temporary_folder const folder;
    auto const weights = folder / "small.onnx";
    fs::copy_file(SMA_SOURCE_DIR "/tests/unit/onnx/data/small_resnet.onnx", weights);
    std::string list;
    for (int i = 0; i < 24; ++i) {
        auto const name = std::to_string(i) + ".jpg";
        fs::copy_file(sample("star-1.jpg"), folder / name);
        list += name + (i % 3 == 0 ? "\tcircle\n" : "\tstar\n");
    }
    write_file(folder / "list.tsv", list);
    for (auto const* const engine : {"onednn", "onnx"}) {
        INFO(engine);
        auto const ran = run_command(server_program(), {"model", "calibrate", weights.string(), "--labels-from",
                                                        (folder / "list.tsv").string(), "--engine", engine});
        INFO(ran.errors);
        REQUIRE(ran.status == 0);
        CHECK_THAT(ran.output, ContainsSubstring("fitted on 24 photos") &&
                                   ContainsSubstring("written to " + (folder / "small.calibration.json").string()));
        server_process const server(std::vector<std::string>{"--weights", weights.string(), "--engine", engine});
        CHECK(server.get_json("/info").at("model").at("calibration").at("photos") == 24);
        fs::remove(folder / "small.calibration.json");
    }
}

TEST_CASE("Photos without a label that the model knows, and none at all, are told") {
    own_weights const weights;
    fs::create_directories(weights / "photos/stars");
    fs::copy_file(sample("star-1.jpg"), weights / "photos/stars/1.jpg");
    auto const before = read_file(weights.path());
    auto const unknown = weights.calibrate(weights / "photos");
    CHECK(unknown.status == 1);
    CHECK_THAT(unknown.errors, ContainsSubstring("0 labeled photos: at least 20 are needed"));
    auto const missing = weights.calibrate(weights / "nowhere");
    CHECK(missing.status == 2);
    CHECK_THAT(missing.errors, ContainsSubstring("nowhere cannot be read"));
    CHECK(read_file(weights.path()) == before);
}
