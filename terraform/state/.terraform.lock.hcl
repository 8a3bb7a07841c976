# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/digitalocean/digitalocean" {
  version     = "2.76.0"
  constraints = "~> 2.76"
  hashes = [
    "h1:OwApm35jMHAw7hr2HzMRjIyw4TGHmMIXnEb9pkTaLnk=",
    "h1:oHT8bWwX73s/Fd7e/w/mBNONdo5msrSNKiPTmHnVVto=",
    "zh:1841b45a8fc8f10e8470c75f511d7f4b8e67e2630f89888104844a46cb31173e",
    "zh:2a99ad56cd732ff75a70bcd8c9df9218791af9c1feb870aa5dab5678cbb8ead6",
    "zh:32b4a4500789ed133751e2360bcfa1a3518277c101e977633c3d14dc55ba74df",
    "zh:49788e4de1e5af1edfb2287e7a9771103e38ad2803cf527dd263104f4c3b7eff",
    "zh:61002c7ae9fc1e96a377c6c1b365a99915e16b4fdb3b4fc82561083a2dc347d1",
    "zh:667381d6bd5c1015f570a42bd59e88ce3d04e65dc3c3f57f1788ae5bd94a41bc",
    "zh:6c4de4bb01581439cc35bf2a3d143f428cb0c0a8e13a78f23531faee6abf7dbe",
    "zh:70424482fa6f736f9dc8fa226b92cef4d4565eea4096b7d7c7ffa735b8286cbb",
    "zh:72a235d2cf6c1313601efc2ba816053773d76bff658aa3012789905e4894d84a",
    "zh:7bbedeb1d86caee92e91ac7ad3fb0ceadb73e4a4bce8dd5336b71beba4cf5395",
    "zh:8660644ab50f9e42f014bd30ad2704a116d85bd222da291ddbd75eaf79f4c643",
    "zh:b5fa2f4341d723bc58b9d7bee4baea4d4d04ca797f99ceeaf21d95b023ea4eea",
    "zh:bd1d161f9d7058e74876392da2dcc04ccbb12e3250b9884dec663816cb87f67e",
    "zh:c1938a1b11f5b08f9f5901dc5fa74608edbc0956272ab571050f15f8fd6aa279",
    "zh:e30bad56d72e160d87dfa2f36bd897479f6339e6c2b0a188b9030421326857ea",
    "zh:f9b4ed69f1cdbdf827252d0db9ae2643117953d2faefafe8148c74e1d0c0cb5c",
  ]
}
