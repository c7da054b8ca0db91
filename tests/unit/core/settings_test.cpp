#include "sma/core/settings.hpp"

#include "catch_result.hpp"

#include <unistd.h>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>

using namespace sma;
using Catch::Matchers::ContainsSubstring;

namespace {

// A file that is gone when the test ends.
class scratch_file {
public:
    explicit scratch_file(std::string const& content) {
        char name[] = "/tmp/sma-settings-XXXXXX";
        int const descriptor = mkstemp(name);
        REQUIRE(descriptor >= 0);
        close(descriptor);
        path_ = name;
        std::ofstream(path_) << content;
    }
    ~scratch_file() { std::filesystem::remove(path_); }
    std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

result<settings> load_text(std::string const& toml) {
    scratch_file const file(toml);
    settings_sources sources;
    sources.file = file.path();
    return load_settings(sources);
}

std::string refusal(std::string const& toml) {
    auto const loaded = load_text(toml);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == errc::invalid_setting);
    CHECK(loaded.error().message.find('\n') == std::string::npos);
    return loaded.error().message;
}

}  // namespace

TEST_CASE("names in the three places") {
    CHECK(flag_of("max_queue_size") == "--max-queue-size");
    CHECK(variable_of("max_queue_size") == "SMA_MAX_QUEUE_SIZE");
}

TEST_CASE("the command line beats the environment, which beats the file") {
    scratch_file const file("max_queue_size = 50\nmax_batch_size = 4\nport = 1\n");
    settings_sources sources;
    sources.file = file.path();
    sources.environment = {{"max_queue_size", "60"}, {"max_batch_size", "5"}};
    sources.command_line = {{"max_queue_size", "70"}};
    auto const s = load_settings(sources);
    REQUIRE(s);
    CHECK(s->max_queue_size == 70);
    CHECK(s->max_batch_size == 5);
    CHECK(s->port == 1);
    CHECK(s->host == "127.0.0.1");
}

TEST_CASE("an address of IPv6 may have the brackets that it has in URLs") {
    settings_sources sources;
    sources.command_line["host"] = "[::1]";
    CHECK(load_settings(sources).value().host == "::1");
    sources.command_line["host"] = "::1";
    CHECK(load_settings(sources).value().host == "::1");
}

TEST_CASE("every kind of value is read from a file and from text") {
    auto const s =
        load_text("trust_correlation_id = true\nmean = [0.1, 0.2, 0.3]\nformats = [\"png\"]\nweights = \"a b\"\n");
    REQUIRE(s);
    CHECK(s->trust_correlation_id);
    CHECK(s->mean == std::vector<double>{0.1, 0.2, 0.3});
    CHECK(s->formats == std::vector<std::string>{"png"});
    CHECK(s->weights == "a b");

    settings_sources sources;
    sources.command_line = {{"trust_correlation_id", "true"}, {"mean", "0.1, 0.2,0.3"}, {"formats", "png, gif"}};
    auto const t = load_settings(sources);
    REQUIRE(t);
    CHECK(t->trust_correlation_id);
    CHECK(t->mean == std::vector<double>{0.1, 0.2, 0.3});
    CHECK(t->formats == std::vector<std::string>{"png", "gif"});
}

TEST_CASE("what is wrong in a file is named in one line") {
    CHECK_THAT(refusal("max_queue_sise = 1\n"), ContainsSubstring("max_queue_sise") && ContainsSubstring("unknown"));
    CHECK_THAT(refusal("port = 70000\n"), ContainsSubstring("port = 70000") && ContainsSubstring("0 to 65535"));
    CHECK_THAT(refusal("port = \"80\"\n"), ContainsSubstring("port") && ContainsSubstring("whole number"));
    CHECK_THAT(refusal("port = 80.5\n"), ContainsSubstring("port"));
    CHECK_THAT(refusal("precision = \"int4\"\n"), ContainsSubstring("int4") && ContainsSubstring("int8"));
    CHECK_THAT(refusal("formats = [\"psd\"]\n"), ContainsSubstring("psd") && ContainsSubstring("jpeg"));
    CHECK_THAT(refusal("mean = [0.1, 0.2]\n"), ContainsSubstring("three numbers"));
    CHECK_THAT(refusal("port = \n"), ContainsSubstring("line 1"));
    CHECK_THAT(refusal("tls_key = \"k\"\n"), ContainsSubstring("both or neither"));
    CHECK_THAT(refusal("tls_client_ca = \"c\"\n"), ContainsSubstring("tls_certificate"));
    CHECK_THAT(refusal("max_queue_size = 4\nmax_batch_size = 8\n"), ContainsSubstring("max_batch_size"));
    CHECK_THAT(refusal("[server]\nport = 1\n"), ContainsSubstring("server"));

    settings_sources sources;
    sources.file = "/nonexistent/file.toml";
    auto const loaded = load_settings(sources);
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().message,
               ContainsSubstring("/nonexistent/file.toml") && ContainsSubstring("cannot be read"));
}

TEST_CASE("an error is one line, whatever lines the file's values have") {
    CHECK_THAT(refusal("engine = \"\"\"\na\nb\"\"\"\n"), ContainsSubstring("engine = ") && ContainsSubstring("one of"));
    CHECK_THAT(refusal("mean = [[0.1, 0.2], [0.3]]\n"),
               ContainsSubstring("mean = ") && ContainsSubstring("three numbers"));
    CHECK_THAT(refusal("port = { a = \"\"\"x\ny\"\"\" }\n"), ContainsSubstring("port = "));
    CHECK_THAT(refusal("mean = [n\n"), ContainsSubstring("line 1"));  // the parser quotes what it found there
    CHECK_THAT(refusal("\"a\\nb\" = 1\n"), ContainsSubstring("a b") && ContainsSubstring("unknown"));
}

TEST_CASE("an empty file changes nothing, a folder is no file") {
    auto const s = load_text("");
    REQUIRE(s);
    CHECK(s->port == 8000);
    settings_sources sources;
    sources.file = "/tmp";
    auto const folder = load_settings(sources);
    REQUIRE_FALSE(folder);
    CHECK_THAT(folder.error().message, ContainsSubstring("cannot be read"));
}

TEST_CASE("numbers are written with every digit that they have") {
    settings s;
    s.mean = {0.1 + 0.2, 1e-5, 1};
    auto const again = load_text(write_settings(s));
    REQUIRE(again);
    CHECK(again->mean == s.mean);
}

TEST_CASE("text that no file could hold is refused") {
    settings_sources sources;
    sources.command_line = {{"weights", "/m/\xe9.pth"}};
    auto const loaded = load_settings(sources);
    REQUIRE_FALSE(loaded);
    CHECK_THAT(loaded.error().message, ContainsSubstring("weights") && ContainsSubstring("UTF-8"));
}

TEST_CASE("origins are a list that may be empty, and each is an origin") {
    auto const s = load_text("cors_allowed_origins = [\"https://a.example\", \"http://localhost:3000\", \"*\"]\n");
    REQUIRE(s);
    CHECK(s->cors_allowed_origins.size() == 3);
    auto const none = load_text("cors_allowed_origins = []\n");
    REQUIRE(none);
    CHECK(none->cors_allowed_origins.empty());
    for (auto const* wrong :
         {"a.example", "https://a.example/", "https://*.example", "https://", "HTTPS://a.example", "https://a b", ""}) {
        INFO(wrong);
        CHECK_THAT(refusal("cors_allowed_origins = [\"" + std::string(wrong) + "\"]\n"),
                   ContainsSubstring("cors_allowed_origins") && ContainsSubstring("scheme://host"));
    }
}

TEST_CASE("trusted proxies are a list that may be empty, and each is a network") {
    auto const s = load_text("trusted_proxies = [\"10.0.0.0/8\", \"2001:db8::1\", \"unix\"]\n");
    REQUIRE(s);
    CHECK(s->trusted_proxies.size() == 3);
    CHECK(load_text("trusted_proxies = []\n")->trusted_proxies.empty());
    for (auto const* wrong : {"proxy.example", "10.0.0.0/33", "10.0.0.1/8", "*", ""}) {
        INFO(wrong);
        CHECK_THAT(refusal("trusted_proxies = [\"" + std::string(wrong) + "\"]\n"),
                   ContainsSubstring("trusted_proxies") && ContainsSubstring("networks"));
    }
    CHECK_THAT(refusal("formats = []\n"), ContainsSubstring("formats"));
}

TEST_CASE("hosts of images are names or addresses, perhaps with a star and a port") {
    auto const s =
        load_text("url_allowed_hosts = [\"a.example\", \"*.b.example:8443\", \"192.0.2.1\", \"[2001:db8::1]:80\"]\n");
    REQUIRE(s);
    CHECK(s->url_allowed_hosts.size() == 4);
    for (auto const* wrong : {"https://a.example", "a.example/x", "*", "*.", "a.*", "A.example", "a.example:x", "a:1:2",
                              "2001:db8::1", ""}) {
        INFO(wrong);
        CHECK_THAT(refusal("url_allowed_hosts = [\"" + std::string(wrong) + "\"]\n"),
                   ContainsSubstring("url_allowed_hosts") && ContainsSubstring("hosts"));
    }
    CHECK_THAT(refusal("url_allowed_networks = [\"unix\"]\n"), ContainsSubstring("networks"));
}

TEST_CASE("the admin listener is for this machine") {
    CHECK(load_text("admin_listen = \"127.0.0.1:9000\"\n")->admin_listen == "127.0.0.1:9000");
    CHECK(load_text("admin_listen = \"\"\n")->admin_listen.empty());
    CHECK_THAT(refusal("admin_listen = \"0.0.0.0:9000\"\n"),
               ContainsSubstring("admin_listen") && ContainsSubstring("unix:/path"));
}

TEST_CASE("what is wrong in text names the flag or the variable") {
    settings_sources sources;
    sources.command_line = {{"port", "80x"}};
    auto const flag = load_settings(sources);
    REQUIRE_FALSE(flag);
    CHECK_THAT(flag.error().message, ContainsSubstring("--port") && ContainsSubstring("80x"));

    sources.command_line.clear();
    sources.environment = {{"port", ""}};
    auto const variable = load_settings(sources);
    REQUIRE_FALSE(variable);
    CHECK_THAT(variable.error().message, ContainsSubstring("SMA_PORT"));
}

TEST_CASE("the environment is searched for settings, and a misspelt one is refused") {
    char const* const good[] = {"PATH=/bin", "SMA_PORT=9", "SMA_CONFIG=x", "SMA_SHARED=y", nullptr};
    auto const found = settings_from_environment(good);
    REQUIRE(found);
    CHECK(*found == std::map<std::string, std::string>{{"port", "9"}});
    char const* const bad[] = {"SMA_PROT=9", nullptr};
    auto const refused = settings_from_environment(bad);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, ContainsSubstring("SMA_PROT"));
}

TEST_CASE("the written file reads back as the same settings") {
    settings s;
    s.port = 1234;
    s.weights = "a \"quoted\" path\\with\nall";
    s.mean = {0.25, 0.5, 0.125};
    s.trust_correlation_id = true;
    auto const text = write_settings(s);
    auto const loaded = load_text(text);
    REQUIRE(loaded);
    CHECK(write_settings(*loaded) == text);
    CHECK(loaded->weights == s.weights);
    for (auto const& row : all_settings()) CHECK_THAT(text, ContainsSubstring("\n" + std::string(row.name) + " = "));
}

TEST_CASE("conf/simple-model-api.toml holds the defaults") {
    std::ifstream stream(SMA_SOURCE_DIR "/conf/simple-model-api.toml");
    std::ostringstream content;
    content << stream.rdbuf();
    CHECK(content.str() == write_settings(settings{}));
}

TEST_CASE("each of several models has its own values over the common ones") {
    scratch_file const file(
        "precision = \"fp32\"\nmax_batch_size = 4\n"
        "[[models]]\nname = \"dogs\"\nweights = \"d.safetensors\"\n"
        "[[models]]\nname = \"cats-v2\"\nweights = \"c.safetensors\"\nprecision = \"int8\"\ncrop = 288\ndefault = "
        "true\n");
    settings_sources sources;
    sources.file = file.path();
    sources.command_line = {{"max_batch_size", "6"}, {"precision", "bf16"}};
    auto const s = load_settings(sources);
    REQUIRE(s);
    REQUIRE(s->models.size() == 2);
    auto const& [dogs, cats] = std::tie(s->models[0], s->models[1]);
    CHECK(dogs.model_name == "dogs");
    CHECK(dogs.weights == "d.safetensors");
    CHECK(dogs.precision == "bf16");
    CHECK(dogs.max_batch_size == 6);
    CHECK_FALSE(dogs.is_default_model);
    CHECK(cats.model_name == "cats-v2");
    CHECK(cats.precision == "int8");
    CHECK(cats.crop == 288);
    CHECK(cats.is_default_model);
    CHECK(s->weights.empty());

    auto const again = load_text(write_settings(*s));
    REQUIRE(again);
    REQUIRE(again->models.size() == 2);
    CHECK(again->models[0].precision == "bf16");
    CHECK(again->models[1].precision == "int8");
    CHECK(again->models[1].crop == 288);
    CHECK(again->models[1].is_default_model);
}

TEST_CASE("the first of several models is the default, unless another says so") {
    auto const s = load_text("[[models]]\nname = \"a\"\nweights = \"a\"\n[[models]]\nname = \"b\"\nweights = \"b\"\n");
    REQUIRE(s);
    CHECK(s->models.at(0).is_default_model);
    CHECK_FALSE(s->models.at(1).is_default_model);
}

TEST_CASE("a model may have another one as its shadow") {
    std::string const a = "[[models]]\nname = \"a\"\nweights = \"a\"\nshadow = \"b\"\n";
    std::string const b = "[[models]]\nname = \"b\"\nweights = \"b\"\n";
    auto const s = load_text(a + b);
    REQUIRE(s);
    CHECK(s->models.at(0).shadow == "b");
    CHECK(s->models.at(0).shadow_share == 0.1);
    CHECK_FALSE(s->models.at(0).is_shadow);
    CHECK(s->models.at(1).is_shadow);
    auto const again = load_text(write_settings(*load_text(a + "shadow_share = 1\n" + b)));
    REQUIRE(again);
    CHECK(again->models.at(0).shadow == "b");
    CHECK(again->models.at(0).shadow_share == 1);

    std::string const c = "[[models]]\nname = \"c\"\nweights = \"c\"\n";
    CHECK_THAT(refusal(a), ContainsSubstring("a has the shadow b, which is none of them"));
    CHECK_THAT(refusal("[[models]]\nname = \"a\"\nweights = \"a\"\nshadow = \"a\"\n" + b), ContainsSubstring("itself"));
    CHECK_THAT(refusal(b + a), ContainsSubstring("default"));
    CHECK_THAT(refusal(a + b + "shadow = \"c\"\n" + c), ContainsSubstring("has a shadow itself"));
    CHECK_THAT(refusal(a + b + c + "shadow = \"b\"\n"), ContainsSubstring("b is the shadow of two models"));
    for (auto const* share : {"-0.1", "1.1", "\"half\"", "nan"})
        CHECK_THAT(refusal(a + "shadow_share = " + std::string(share) + "\n" + b),
                   ContainsSubstring("shadow_share") && ContainsSubstring("from 0 to 1"));
    CHECK_THAT(refusal(a + b + "shadow_share = 0.5\n"), ContainsSubstring("needs shadow"));
    CHECK_THAT(refusal("shadow = \"b\"\n" + b), ContainsSubstring("unknown setting"));
}

TEST_CASE("what is wrong with one of several models is named") {
    std::string const a = "[[models]]\nname = \"a\"\nweights = \"a\"\n";
    CHECK_THAT(refusal(a + a), ContainsSubstring("two have the name a"));
    CHECK_THAT(refusal(a + "default = true\n[[models]]\nname = \"b\"\nweights = \"b\"\ndefault = true\n"),
               ContainsSubstring("only one can be the default"));
    CHECK_THAT(refusal("[[models]]\nweights = \"a\"\n"), ContainsSubstring("name"));
    CHECK_THAT(refusal("[[models]]\nname = \"a\"\n"), ContainsSubstring("a has no weights"));
    for (auto const* name : {"stats", "a/b", "..", "a b", ""})
        CHECK_THAT(refusal("[[models]]\nname = \"" + std::string(name) + "\"\nweights = \"a\"\n"),
                   ContainsSubstring("letters, digits"));
    CHECK_THAT(refusal("weights = \"w\"\n" + a), ContainsSubstring("not beside them"));
    CHECK_THAT(refusal(a + "port = 80\n"), ContainsSubstring("port") && ContainsSubstring("one for all models"));
    CHECK_THAT(refusal(a + "precision = \"int4\"\n"), ContainsSubstring("int4") && ContainsSubstring("int8"));
    CHECK_THAT(refusal(a + "max_batch_size = 8\nmax_queue_size = 4\n"), ContainsSubstring("max_batch_size"));
    CHECK_THAT(refusal(a + "default = 1\n"), ContainsSubstring("true or false"));
    CHECK_THAT(refusal(a + "wieghts = \"b\"\n"), ContainsSubstring("wieghts") && ContainsSubstring("unknown"));
    CHECK_THAT(refusal("models = 1\n"), ContainsSubstring("[[models]]"));
    CHECK_THAT(refusal("models = [1]\n"), ContainsSubstring("[[models]]"));
}
