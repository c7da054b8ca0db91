// Test of a real ResNet-50 on real photographs, against torchvision's results.
#include "bodies.hpp"
#include "checks.hpp"
#include "scale.hpp"
#include "tensor_file.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

using namespace sma::test;
using Catch::Approx;
namespace json = boost::json;

namespace {

struct photo {
    std::string name;
    std::size_t class_index = 0;
    std::vector<float> logits;  ///< torchvision's, fp32

    std::size_t best() const {
        return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    }
    double confidence(std::size_t index) const {
        double sum = 0;
        for (auto const logit : logits) sum += std::exp(static_cast<double>(logit) - logits[best()]);
        return std::exp(static_cast<double>(logits[index]) - logits[best()]) / sum;
    }
};

std::vector<photo> read_photos(std::filesystem::path const& shared) {
    std::vector<photo> photos;
    std::istringstream list(read_file(shared / "reference" / "photos.txt"));
    auto rows = tensor_file(shared / "reference" / "photos.safetensors").rows("logits");
    std::string name;
    for (std::size_t index = 0; list >> name >> index;)
        photos.push_back({name, index, std::move(rows.at(photos.size()))});
    return photos;
}

// torchvision's, whose answers are compared with, leaves color profiles alone.
std::vector<std::string> imagenet_arguments(std::filesystem::path const& shared) {
    return {"--weights",       (shared / "weights" / "resnet50-imagenet.safetensors").string(),
            "--labels",        std::string(SMA_SOURCE_DIR) + "/conf/imagenet_labels.txt",
            "--color-profile", "ignore"};
}

}  // namespace

TEST_CASE("the top class of 100 photographs is torchvision's", "[photos]") {
    auto const shared = shared_folder();
    if (!shared) return;
    auto const photos = read_photos(*shared);
    REQUIRE(photos.size() == 100);
    server_process const server(imagenet_arguments(*shared));
    connection client(server.port());
    int agree = 0;
    int right = 0;
    for (auto const& p : photos) {
        auto const bytes = read_file(*shared / "photos" / p.name);
        auto const answer = require_prediction(client.ask(post_form("/predict?top_k=3", {{"file", p.name, bytes}})), 3);
        auto const found = answer.at("predictions").at(0).at("class_index").to_number<std::size_t>();
        if (found == p.best())
            ++agree;
        else
            UNSCOPED_INFO(p.name << ": class " << found << ", torchvision's is " << p.best());
        right += found == p.class_index ? 1 : 0;
        if (p.name.find("beagle") != std::string::npos) CHECK(top_name(answer) == "beagle");
    }
    CHECK(agree >= 97);
    CHECK(right >= 93);
}

TEST_CASE("at fp32 the top classes and their confidences are torchvision's", "[photos]") {
    auto const shared = shared_folder();
    if (!shared) return;
    auto arguments = imagenet_arguments(*shared);
    arguments.insert(arguments.end(), {"--precision", "fp32"});
    server_process const server(arguments);
    auto const photos = read_photos(*shared);
    auto const step = static_cast<std::size_t>(scaled(1, 20));
    connection client(server.port());
    for (std::size_t i = 0; i < photos.size(); i += step) {
        auto const& p = photos[i];
        INFO(p.name);
        auto const answer =
            require_prediction(client.ask(post_image("/predict", read_file(*shared / "photos" / p.name))), 5);
        CHECK(answer.at("predictions").at(0).at("class_index").to_number<std::size_t>() == p.best());
        for (auto const& one : answer.at("predictions").as_array()) {
            auto const index = one.at("class_index").to_number<std::size_t>();
            CHECK(one.at("confidence").to_number<double>() == Approx(p.confidence(index)).margin(0.02));
        }
    }
}
