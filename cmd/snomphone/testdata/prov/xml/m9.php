<?xml version="1.0" encoding="utf-8"?>
<settings>
  <phone-settings>
    <user_name idx="1" perm="R">201</user_name>
  </phone-settings>
</settings>
