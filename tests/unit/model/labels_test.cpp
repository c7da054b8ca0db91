#include "model_files.hpp"

#include "sma/model/file_sha256.hpp"
#include "sma/model/labels.hpp"
#include "sma/model/weights.hpp"

#include "catch_result.hpp"

#include <algorithm>
#include <sstream>

using namespace sma;
using namespace sma::test;
using Catch::Matchers::ContainsSubstring;

namespace {

using names = std::vector<std::string>;

struct label_case {
    char const* what;
    std::string content;
    std::string message;  ///< a part of it
};

}  // namespace

TEST_CASE("labels: text, index_to_name.json and config.json say the same", "[labels]") {
    scratch_folder const folder;
    names const expected{"tench, Tinca tinca", "caf\xc3\xa9 \"noir\"", "crane"};
    for (
        auto const* content : {
            "tench, Tinca tinca\ncaf\xc3\xa9 \"noir\"\ncrane\n",
            "\xef\xbb\xbftench, Tinca tinca\r\n  caf\xc3\xa9 \"noir\"\t\r\ncrane\r\n\r\n \n",
            "tench, Tinca tinca\ncaf\xc3\xa9 \"noir\"\ncrane",
            "0\ttench, Tinca tinca\n2\tcrane\n1\tcaf\xc3\xa9 \"noir\"\n",
            R"(["tench, Tinca tinca", "café \"noir\"", "crane"])",
            R"({"2": "crane", "0": "tench, Tinca tinca", "1": "café \"noir\""})",
            " \n{\"0\": [\"n01440764\", \"tench, Tinca tinca\"], \"1\": [\"n0\", \"caf\\u00e9 \\\"noir\\\"\"], \"2\": "
            "\"crane\"}",
            R"({"model_type": "resnet", "id2label": {"0": "tench, Tinca tinca", "1": "café \"noir\"", "2": "crane"}, "label2id": {"crane": 2}})",
        }) {
        INFO(content);
        auto const read = model::load_labels(folder.write("labels", content), 3);
        REQUIRE(read);
        CHECK(read->names == expected);
        CHECK(read->groups.empty());
    }
}

TEST_CASE("labels: numbered lines may give classes a group", "[labels]") {
    scratch_folder const folder;
    auto const read = model::load_labels(folder.write("labels", "2\tbeagle\t dog\r\n0\ttench\n1\twhippet\tdog\n"), 3);
    REQUIRE(read);
    CHECK(read->names == names{"tench", "whippet", "beagle"});
    CHECK(read->groups == names{"", "dog", "dog"});
}

TEST_CASE("labels: what does not name every class once is refused", "[labels]") {
    scratch_folder const folder;
    for (auto const& c : std::vector<label_case>{
             {"too few", "a\nb\n", "2 names, the model has 3 classes"},
             {"too many", "a\nb\nc\nd\n", "4 names, the model has 3 classes"},
             {"nothing", "", "0 names"},
             {"an empty line between", "a\n\nb\nc\n", "line 2 of the label file is empty"},
             {"an empty line first", "\na\nb\nc\n", "line 1 of the label file is empty"},
             {"not UTF-8", "a\nb\xff\nc\n", "line 2 of the label file is not UTF-8"},
             {"an overlong form", "a\n\xc0\xaf\nc\n", "line 2"},
             {"a surrogate", "a\n\xed\xa0\x80\nc\n", "line 2"},
             {"a control character", "a\nb\x01\nc\n", "line 2"},
             {"a number twice", "0\ta\n1\tb\n1\tc\n", "line 3 of the label file: expected each class number"},
             {"a number too large", "0\ta\n1\tb\n3\tc\n", "line 3 of the label file"},
             {"numbers on some lines", "0\ta\n1\tb\nc\n", "line 3 of the label file"},
             {"a number without a name", "0\ta\n1\t\n2\tc\n", "line 2 of the label file"},
             {"a fourth field", "0\ta\tx\ty\n1\tb\n2\tc\n", "line 1 of the label file: expected"},
             {"a control character in a group", "0\ta\tx\n1\tb\tx\x01y\n2\tc\n", "line 2 of the label file"},
             {"a group without numbers", "a\tx\nb\tx\nc\tx\n", "line 1 of the label file has a tab"},
             {"a tab on a later line", "a\nb\n2\tc\n", "line 3 of the label file has a tab"},
             {"names before numbers", "a\t0\nb\t1\nc\t2\n", "expected that on each line"},
             {"a list too short", R"(["a", "b"])", "2 names, the model has 3 classes"},
             {"a list with a number", R"(["a", "b", 3])", "no name for class 2"},
             {"a list that does not end", R"(["a", "b", "c")", "not valid JSON"},
             {"too few in JSON", R"({"0": "a", "1": "b"})", "2 names, the model has 3 classes"},
             {"a class left out", R"({"0": "a", "1": "b", "3": "c"})", "\"3\": expected class numbers from 0 to 2"},
             {"a key that is no number", R"({"0": "a", "1": "b", "x": "c"})", "\"x\""},
             {"a class by two names", R"({"0": "a", "1": "b", "01": "c"})", "\"01\""},
             {"a key twice", R"({"0": "a", "1": "b", "1": "c", "2": "d"})", "\"1\" twice"},
             {"a name that is a number", R"({"0": "a", "1": 7, "2": "c"})", "no name for class 1"},
             {"an empty name", R"({"0": "a", "1": " ", "2": "c"})", "no name for class 1"},
             {"an empty list", R"({"0": "a", "1": [], "2": "c"})", "no name for class 1"},
             {"cut JSON", R"({"0": "a", )", "not valid JSON"},
             {"id2label that is a list", R"({"id2label": ["a", "b", "c"]})", "id2label"},
             {"too few in id2label", R"({"id2label": {"0": "a"}})", "1 names"},
         }) {
        INFO(c.what);
        auto const read = model::load_labels(folder.write("labels", c.content), 3);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == errc::invalid_labels);
        CHECK_THAT(read.error().message, ContainsSubstring(c.message));
    }
    CHECK(model::load_labels(folder / "missing", 3).error().code == errc::io_error);
}

TEST_CASE("labels: lines with their own numbers are no names", "[labels]") {
    scratch_folder const folder;
    for (std::string const content :
         {"0,tench\n1,carp\n2,crane\n", "0 tench\n1 carp\n2 crane\n", "0: tench\n1: carp\n2: crane\n",
          "1. tench\n2. carp\n3. crane\n", "0;tench\r\n1;carp\r\n2;crane\r\n",
          "  0 - tench\n  1 - carp\n  2 - 3D glasses\n", "1) tench\n2) carp\n3) crane",
          "\"0\",\"tench\"\n\"1\",\"carp\"\n\"2\",\"crane\"\n", "000,tench\n001,carp\n002,crane\n",
          "0 => tench\n1 => carp\n2 => caf\xc3\xa9\n"}) {
        INFO(content);
        auto const read = model::load_labels(folder.write("labels", content), 3);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == errc::invalid_labels);
        CHECK_THAT(read.error().message, ContainsSubstring("begins with its own number, as") &&
                                             ContainsSubstring("class number, tab and name") &&
                                             ContainsSubstring("JSON list"));
    }
    for (auto const* const content : {"tench,0\ncarp,1\ncrane,2\n", "tench; 1\ncarp; 2\ncrane; 3\n"}) {
        INFO(content);
        auto const read = model::load_labels(folder.write("labels", content), 3);
        REQUIRE_FALSE(read);
        CHECK_THAT(read.error().message, ContainsSubstring("ends with its own number"));
    }
}

TEST_CASE("labels: names may have numbers", "[labels]") {
    scratch_folder const folder;
    for (auto const& expected : std::vector<names>{{"0", "1", "2"},
                                                   {"0.", "1.", "2."},
                                                   {"0.5 l", "1.5 l", "2.5 l"},
                                                   {"0-1 year", "1-2 years", "2-3 years"},
                                                   {"0,5", "1,5", "2,5"},
                                                   {"0th", "1st", "2nd"},
                                                   {"1 star", "3 stars", "5 stars"},
                                                   {"0 tench", "1 carp", "crane"},
                                                   {"2 tench", "3 carp", "4 crane"},
                                                   {"001.ak47", "002.american-flag", "003.backpack"},
                                                   {"grade 0", "grade 1", "grade 2"},
                                                   {"tench, Tinca tinca", "carp", "crane, 2"}}) {
        std::string content;
        for (auto const& name : expected) content += name + "\n";
        INFO(content);
        auto const read = model::load_labels(folder.write("labels", content), 3);
        REQUIRE(read);
        CHECK(read->names == expected);
    }
    CHECK(model::load_labels(folder.write("labels", "0 defects\n"), 1)->names == names{"0 defects"});
    auto const stars = folder.write("labels", R"(["1 star", "2 stars"])");
    CHECK(model::load_labels(stars, 2)->names == names{"1 star", "2 stars"});
}

TEST_CASE("labels: numbered names for a model without any", "[labels]") {
    CHECK(model::numbered_labels(3) == names{"class_0", "class_1", "class_2"});
}

TEST_CASE("labels: conf/imagenet_labels.txt has 1000 names", "[labels]") {
    auto const read = model::load_labels(std::filesystem::path(SMA_SOURCE_DIR) / "conf/imagenet_labels.txt", 1000);
    REQUIRE(read);
    CHECK(read->names.front() == "tench");
    CHECK(read->names[258] == "Samoyed");
    CHECK(read->names.back() == "toilet tissue");
}

TEST_CASE("labels: conf/imagenet_groups.tsv has the same names, and 118 of them are dogs", "[labels]") {
    auto const conf = std::filesystem::path(SMA_SOURCE_DIR) / "conf";
    auto const grouped = model::load_labels(conf / "imagenet_groups.tsv", 1000);
    REQUIRE(grouped);
    CHECK(grouped->names == model::load_labels(conf / "imagenet_labels.txt", 1000)->names);
    CHECK(std::count(grouped->groups.begin(), grouped->groups.end(), "dog") == 118);
    CHECK(grouped->groups[258] == "dog");
    CHECK(grouped->groups[281] == "cat");
}

TEST_CASE("labels: conf/imagenet_labels.txt spells them as torchvision does", "[labels][shared]") {
    auto const* shared = std::getenv("SMA_SHARED");
    if (!shared) {
        WARN("skipped: SMA_SHARED is not set, so the sums of torchvision's names are not at hand");
        return;
    }
    scratch_folder const folder;
    auto const read =
        model::load_labels(std::filesystem::path(SMA_SOURCE_DIR) / "conf/imagenet_labels.txt", 1000)->names;
    std::istringstream sums(read_file(std::filesystem::path(shared) / "labels/imagenet1k.sha256"));
    std::size_t index = 0;
    std::size_t checked = 0;
    for (std::string sum; sums >> index >> sum; ++checked) {
        INFO(index << " " << read.at(index));
        CHECK(model::file_sha256(folder.write("name", read.at(index))).value().substr(0, 16) == sum);
    }
    CHECK(checked == 1000);
}

TEST_CASE("labels: those beside the weights are found", "[labels]") {
    scratch_folder const folder;
    auto const weights = folder / "resnet.safetensors";
    CHECK(model::labels_beside(weights).empty());
    for (auto const* const without : {"{}", R"({"architecture": "resnet50"})", "[]", "id2label"}) {
        INFO(without);
        folder.write("config.json", without);
        CHECK(model::labels_beside(weights).empty());
    }
    auto const config = folder.write("config.json", R"({"id2label": {"0": "a", "1": "b"}})");
    CHECK(model::labels_beside(weights) == config);
    CHECK(model::load_labels(config, 2)->names == names{"a", "b"});
    // Who writes a file for these very weights means them.
    auto const own = folder.write("resnet.labels.txt", "c\nd\n");
    CHECK(model::labels_beside(weights) == own);
    auto const of_shards = folder.write("shards.labels.txt", "e\nf\n");
    CHECK(model::labels_beside(folder / "shards.safetensors.index.json") == of_shards);
}

TEST_CASE("labels: those within a weight file are found", "[labels]") {
    using texts = std::map<std::string, std::string>;
    auto const within = [](texts const& t) { return model::find_labels_within(t, 2); };
    CHECK_FALSE(*within({}));
    CHECK_FALSE(*within({{"config.json", "{}"}, {"names", "a"}}));
    CHECK((*within({{"labels.txt", "a\nb\n"}}))->names == names{"a", "b"});
    CHECK((*within({{"index_to_name.json", R"({"0": "a", "1": "b"})"}}))->names == names{"a", "b"});
    texts const both{{"config.json", R"({"id2label": {"0": "a", "1": "b"}})"}, {"labels.txt", "c\nd"}};
    CHECK((*within(both))->names == names{"c", "d"});
    auto const broken = within({{"labels.txt", "a"}});
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == errc::invalid_labels);
    CHECK_THAT(broken.error().message,
               ContainsSubstring("labels.txt in the weight file: ") && ContainsSubstring("1 names"));
}
